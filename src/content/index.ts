export { headerOf } from './conditional-request.js';
export { type ContentPlan, planContent, type PlannedContent } from './content-plan.js';
export { sendContent } from './content-response.js';
