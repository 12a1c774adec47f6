export { parseS3Url, type S3Location } from './parse-s3-url.js';
export { S3Clients, S3_TIMEOUTS, type S3Timeouts } from './s3-clients.js';
export { s3Config, type S3Config } from './s3.config.js';
export { S3Module } from './s3.module.js';
