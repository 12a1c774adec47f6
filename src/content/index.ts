export { changeCondition } from './change-condition.js';
export { headerOf } from './conditional-request.js';
export { contentDisposition, type Disposition } from './content-disposition.js';
export {
  type ContentPlan,
  type ContentPresentation,
  type ContentRequest,
  planContent,
  type PlannedContent,
  type SentContent,
} from './content-plan.js';
export { sendContent } from './content-response.js';
export { EntityTag } from './entity-tag.interceptor.js';
export { isActiveType, servedType } from './safe-delivery.js';
