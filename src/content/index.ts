export { entityTagMatches, headerOf } from './conditional-request.js';
export { type ContentPlan, planContent, type PlannedContent } from './content-plan.js';
export { sendContent } from './content-response.js';
export { isActiveType } from './safe-disposition.js';
