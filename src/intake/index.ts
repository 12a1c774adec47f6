export {
  FileIntake,
  type Confirmation,
  type FileReferences,
  type IncomingFile,
  type ReplayedFile,
  type SentFile,
} from './file-intake.js';
export { PASSING, VERDICTS } from './error-kinds.js';
export type { RefusedObject } from './object-examination.js';
export { IntakeStream } from './intake-stream.js';
export { DirectIntake, type AnnouncedFile, type WelcomeFile } from './direct-intake.js';
export type { Reservation } from './file-reservations.js';
export {
  ChecksumDiffersError,
  EmptyFileError,
  FileLostError,
  FileTooLargeError,
  KeyOccupiedError,
  ObjectAbsentError,
  SizeDiffersError,
  UploadInterruptedError,
} from './intake.errors.js';
export { intakeConfig, type IntakeConfig } from './intake.config.js';
export { IntakeModule } from './intake.module.js';
export { SNIFF_BYTES, sniffType } from './type-sniffer.js';
