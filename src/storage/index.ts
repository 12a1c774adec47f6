export { contentTypeOf, FormatFamily } from './file-formats.js';
export { FileKind, placeKeyOf, RetentionClass, revisionKey } from './file-kind.js';
export { FileKinds, type FileDestination } from './file-kinds.js';
export { extensionOf, keyFilename, originalFilename } from './file-name.js';
export {
  keyDate,
  keyTimestamp,
  OUTSIDE_ID,
  splitExtension,
  type KeyParameters,
  type KeyTemplate,
} from './key-template.js';
export {
  AvailabilityState,
  DigestAlgorithm,
  ObjectDigest,
  ObjectStorage,
  ThawTier,
  type ByteRange,
  type CompletedPart,
  type MultipartRef,
  type ObjectChecksums,
  type ObjectContent,
  type ObjectAvailability,
  type ObjectInfo,
  type ObjectServer,
  type PutResult,
  type SignedForm,
  type SignedRequest,
  type UploadedPart,
  type ThawOptions,
} from '../object-storage/index.js';
export { SigningSecret } from './signing-secret.js';
export { SigningSecretModule } from './signing-secret.module.js';
export { storageConfig, StorageDriver, type StorageConfig } from './storage.config.js';
export {
  ArchivedError,
  InvalidPartError,
  InvalidSignatureError,
  KeyTakenError,
  NotArchivedError,
  ObjectMissingError,
  StoreRefusedError,
  StoreUnavailableError,
  UploadMissingError,
} from '../object-storage/index.js';
export { IsOutsideId, OUTSIDE_ID_PATTERN } from './is-outside-id.decorator.js';
export { LocalObjectsModule } from './local-objects.module.js';
export { StorageModule } from './storage.module.js';
export { MAX_PART_BYTES, MAX_PARTS } from '../object-storage/index.js';
export { StoreAbilities } from './store-abilities.js';
export { StoreSetupModule } from './store-setup.module.js';
export {
  StoreSetup,
  type CorsRule,
  type CorsRules,
  type CorsState,
  type StoreReport,
} from '../object-storage/index.js';
