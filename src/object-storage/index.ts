export { crc32Combine, crc32ToBase64 } from './crc32.js';
export { DigestAlgorithm, ObjectDigest } from './object-digest.js';
export { assertObjectKey } from './object-key.js';
export {
  AvailabilityState,
  type ByteRange,
  type CompletedPart,
  type DeleteManyResult,
  type ListOptions,
  type MultipartRef,
  type ObjectAvailability,
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
  type PresignPostOptions,
  type PresignPutOptions,
  type PutOptions,
  type PutResult,
  type SignedForm,
  type SignedRequest,
  type ThawOptions,
  ThawTier,
  type UploadedPart,
  type UploadPage,
} from './object-storage.js';
export { assertFormTerms, encodePostPolicy, type PostPolicy, readPostPolicy } from './post-policy.js';
export { readBody } from './read-body.js';
export { MAX_COPY_BYTES, MAX_PAGE, MAX_PART_BYTES, MAX_PARTS, MAX_PRESIGN_SECONDS } from './s3-limits.js';
export {
  ArchivedError,
  BodyInterruptedError,
  BucketMissingError,
  ChecksumMismatchError,
  IncompleteBodyError,
  InvalidKeyError,
  InvalidPartError,
  InvalidSignatureError,
  KeyTakenError,
  NotArchivedError,
  ObjectMissingError,
  PreconditionFailedError,
  RangeNotSatisfiableError,
  StoreFullError,
  StoreRefusedError,
  StoreUnavailableError,
  ThawTierError,
  ThawUnsupportedError,
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
