export { FileArchivedError, type RefusedFile } from './availability.errors.js';
export { AvailabilityModule } from './availability.module.js';
export { FileAvailability } from './file-availability.js';
export { FileThaws } from './file-thaws.js';
