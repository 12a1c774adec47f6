export {
  FileIntake,
  type Confirmation,
  type FileReferences,
  type IncomingFile,
  type ReplayedFile,
  type SentFile,
} from './file-intake.js';
export { IntakeStream } from './intake-stream.js';
export { ChecksumDiffersError, EmptyFileError, FileTooLargeError, UploadInterruptedError } from './intake.errors.js';
export { IntakeModule } from './intake.module.js';
export { sniffType } from './type-sniffer.js';
