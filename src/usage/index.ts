export { UsageFold } from './usage-fold.js';
export { UsageModule } from './usage.module.js';
export { UsageScope, UsageService, type Usage, type UsagePage } from './usage.service.js';
