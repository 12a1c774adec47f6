export { FormUploads, type FormTarget } from './form-uploads.js';
export { UploadsModule } from './uploads.module.js';
