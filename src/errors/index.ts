export { DomainError, type DomainErrorOptions, type ErrorKind } from './domain-error.js';
export {
  DomainErrorFilter,
  ErrorAnswers,
  JSON_FORMAT,
  type ErrorBody,
  type ErrorFormat,
} from './domain-error.filter.js';
export { errorCode, errorMessage } from './error-message.js';
export { ErrorResponse } from './error.response.js';
