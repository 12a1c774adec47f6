import { DomainError } from '../errors/index.js';

export class CloudFrontNotConfiguredError extends DomainError {
  readonly kind = 'not-implemented';
  readonly code = 'CLOUDFRONT_NOT_CONFIGURED';
  constructor() {
    super('This installation has no CloudFront distribution. Use links to single files: POST /v1/files/{id}/links.');
  }
}

/** CloudFront compares addresses of IPv4 alone. */
export class NotAnIpv4NetworkError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'ADDRESS_NOT_ENFORCEABLE';
  constructor() {
    super('CloudFront can hold a link to an IPv4 address or network only, such as 203.0.113.7 or 203.0.113.0/24.');
  }
}
