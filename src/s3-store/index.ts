export { S3BucketSetup } from './s3-bucket-setup.js';
export { S3ObjectStorage } from './s3-object-storage.js';
