export type { FormExchange } from './form-exchange.js';
export type { FormFile, FormFileHandler } from './form-reader.js';
export { FormUploads, type FormCompanion, type FormTarget, type FormUpload } from './form-uploads.js';
export { readSmallFile } from './small-file.js';
export { goneSignal } from './gone-signal.js';
export { NoFileError } from './uploads.errors.js';
export { UploadsModule } from './uploads.module.js';
