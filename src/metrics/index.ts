export { Metrics, type Outcome } from './metrics.js';
export { MetricsModule } from './metrics.module.js';
