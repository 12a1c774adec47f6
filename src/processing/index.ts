export { ProcessingModule } from './processing.module.js';
export { ProcessingQueue } from './processing-queue.js';
export {
  ProcessingStep,
  ProcessingStepHandler,
  type StepContext,
  type StepInput,
  type StepResult,
  type StepResultName,
} from './processing-step.js';
export { ResultNames } from './result-names.js';
