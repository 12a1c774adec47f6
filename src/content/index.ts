export { evaluateConditions, headerOf } from './conditional-request.js';
export { type ContentPlan, planContent, type ContentRequest, type PlannedContent } from './content-plan.js';
export { sendContent } from './content-response.js';
