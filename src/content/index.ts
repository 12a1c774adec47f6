export { changeCondition } from './change-condition.js';
export { EntityTag } from './entity-tag.interceptor.js';
export { evaluateConditions, headerOf } from './conditional-request.js';
export { type ContentPlan, type ContentRequest, planContent, type PlannedContent } from './content-plan.js';
export { sendContent } from './content-response.js';
export { isActiveType, servedType } from './safe-delivery.js';
