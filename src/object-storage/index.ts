export { crc32Combine, crc32ToBase64 } from './crc32.js';
export { assertObjectKey } from './object-key.js';
export {
  type ByteRange,
  type CompletedPart,
  type DeleteManyResult,
  type ListOptions,
  type MultipartRef,
  type ObjectChecksums,
  type ObjectContent,
  type ObjectInfo,
  type ObjectPage,
  type ObjectServer,
  ObjectStorage,
  type OpenUpload,
  type PartPage,
  type PresignGetOptions,
  type PresignPartOptions,
  type PresignPutOptions,
  type PutOptions,
  type PutResult,
  type SignedRequest,
  type UploadedPart,
  type UploadPage,
} from './object-storage.js';
export { readBody } from './read-body.js';
export { MAX_COPY_BYTES, MAX_PAGE, MAX_PART_BYTES, MAX_PARTS } from './s3-limits.js';
export {
  BodyInterruptedError,
  BucketMissingError,
  ChecksumMismatchError,
  IncompleteBodyError,
  InvalidKeyError,
  InvalidPartError,
  InvalidSignatureError,
  KeyTakenError,
  ObjectMissingError,
  PreconditionFailedError,
  RangeNotSatisfiableError,
  StoreFullError,
  StoreRefusedError,
  StoreUnavailableError,
  UploadMissingError,
} from './storage.errors.js';
export {
  type AbilityState,
  type CorsState,
  type StoreAbility,
  type StoreReport,
  StoreSetup,
  type VersioningState,
} from './store-setup.js';
