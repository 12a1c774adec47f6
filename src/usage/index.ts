export { Quotas, type MeasuredFile, type RoomRequest } from './quotas.js';
export { UsageFold } from './usage-fold.js';
export { usageConfig, type UsageConfig } from './usage.config.js';
export { QuotaExceededError } from './usage.errors.js';
export { UsageModule } from './usage.module.js';
export { UsageScope, UsageService, type Usage, type UsagePage } from './usage.service.js';
