export { readOrMakeSecret } from './link-secret.js';
export { LocalFormSigner } from './local-form-signer.js';
export { LocalFormsService } from './local-forms.service.js';
export { LocalLinkSigner } from './local-link-signer.js';
export { LocalObjectStorage } from './local-object-storage.js';
export { LocalObjectsController } from './local-objects.controller.js';
export { LocalObjectsService } from './local-objects.service.js';
export { LocalStoreSetup } from './local-store-setup.js';
