export { CloudFront, type SignedCookies, type SignedUrl, type SigningTerms } from './cloudfront.js';
export { CloudFrontModule } from './cloudfront.module.js';
