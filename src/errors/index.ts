export { DomainError, type DomainErrorOptions, type ErrorKind } from './domain-error.js';
export { DomainErrorFilter } from './domain-error.filter.js';
export { errorCode, errorMessage } from './error-message.js';
export { ErrorResponse } from './error.response.js';
