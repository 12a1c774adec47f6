export { FileIdParam } from './dto/file-id.param.js';
export { FileResponse, toFileResponse } from './dto/file.response.js';
export { ANY_KIND, FileEvent, FileHooks, OnFileRestored, OnFileStored, OnFileTrashed } from './file-hooks.js';
export { FilePurger } from './file-purger.js';
export {
  FileNotFoundError,
  FileNotStoredError,
  FileNotTrashedError,
  FileTrashedError,
  InvalidFilenameError,
  NameTakenError,
  SourceTrashedError,
} from './files.errors.js';
export { FilesModule } from './files.module.js';
export { FilesService } from './files.service.js';
export { PlaceNames, type PlaceClaim } from './place-names.js';
export { PlaceReader } from './place-reader.js';
export { Places } from './places.js';
export {
  type FileChecksum,
  FileCondition,
  FileStatus,
  type FileVerification,
  ProcessingStatus,
  StoredFile,
  Verifier,
} from './stored-file.entity.js';
