export { CloudFront, type SignedCookies, type SignedUrl, type SigningTerms } from './cloudfront.js';
export { cloudfrontConfig, type CloudFrontConfig } from './cloudfront.config.js';
export { CloudFrontModule } from './cloudfront.module.js';
