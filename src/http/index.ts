export { ApiErrors } from './api-errors.decorator.js';
export { ApiIdempotencyKey } from './api-idempotency-key.decorator.js';
export { EmptyAsAbsent } from './empty-as-absent.decorator.js';
export { IfPresent } from './if-present.decorator.js';
export { JsonBodyInterceptor, JsonLimit, RawBody } from './json-body.js';
export { PUBLIC_ROUTE, PublicRoute } from './public-route.decorator.js';
export { RequireJson, RequireJsonOrForm } from './require-json.guard.js';
export { requestId } from './request-id.js';
export { checkQuery, InheritedNamesPipe, validationPipe } from './validation.js';
