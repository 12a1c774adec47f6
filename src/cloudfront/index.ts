export { CloudFront, type SignedCookies, type SignedUrl, type SigningTerms } from './cloudfront.js';
export { cloudfrontConfig } from './cloudfront.config.js';
export { CloudFrontModule } from './cloudfront.module.js';
