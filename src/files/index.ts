export { FileListResponse, toFileListResponse } from './dto/file-list.response.js';
export { FileResponse, toFileResponse } from './dto/file.response.js';
export { LinkResponse, toLinkResponse } from './dto/link.response.js';
export { PageQuery } from './dto/list-files.query.js';
export { ANY_KIND, OnFileRestored, OnFileStored, OnFileTrashed } from './file-hooks.js';
export { FileIntake, type Confirmation, type IncomingFile, type ReplayedFile, type SentFile } from './file-intake.js';
export { FileSweeper, type SweepReport } from './file-sweeper.js';
export {
  EmptyFileError,
  FileTooLargeError,
  FileTrashedError,
  InvalidCursorError,
  InvalidFilenameError,
  UploadInterruptedError,
} from './files.errors.js';
export { FilesModule } from './files.module.js';
export { FilesService, type FilePage } from './files.service.js';
export { LinksService } from './links.service.js';
export { FileStatus, ProcessingStatus, StoredFile } from './stored-file.entity.js';
