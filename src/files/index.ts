export { contentDisposition } from './content-disposition.js';
export { FileListResponse, toFileListResponse } from './dto/file-list.response.js';
export { FileResponse, toFileResponse } from './dto/file.response.js';
export { GrantRequest } from './dto/create-link.request.js';
export { LinkResponse, toLinkResponse } from './dto/link.response.js';
export { PageQuery } from './dto/list-files.query.js';
export { ANY_KIND, OnFileRestored, OnFileStored, OnFileTrashed } from './file-hooks.js';
export { FileAvailability } from './file-availability.js';
export { FileContent } from './file-content.js';
export {
  FileIntake,
  type Confirmation,
  type FileReferences,
  type IncomingFile,
  type ReplayedFile,
  type SentFile,
} from './file-intake.js';
export type { FilePage } from './file-listing.js';
export { FileSweeper, type SweepReport } from './file-sweeper.js';
export {
  EmptyFileError,
  FileNotFoundError,
  FileTooLargeError,
  FileTrashedError,
  InvalidCursorError,
  InvalidFilenameError,
  NameTakenError,
  SourceTrashedError,
  UploadInterruptedError,
} from './files.errors.js';
export { IntakeStream } from './intake-stream.js';
export { PlaceReader } from './place-reader.js';
export { sniffType } from './type-sniffer.js';
export { FilesModule } from './files.module.js';
export { FilesService } from './files.service.js';
export { LinkLedger } from './link-ledger.js';
export { assertNotEnded, linkSeconds } from './link-life.js';
export { LinksService } from './links.service.js';
export type { RefusedFile } from './links.errors.js';
export { PlaceNames, type PlaceClaim } from './place-names.js';
export { SessionTrash, type SessionTrashed, type SessionRestored } from './session-trash.js';
export { FileStatus, ProcessingStatus, StoredFile } from './stored-file.entity.js';
