export { UppyModule } from './uppy.module.js';
