export { UploadTokensModule } from './upload-tokens.module.js';
