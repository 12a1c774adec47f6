import { registerAs, type ConfigType } from '@nestjs/config';
import { Expose, Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { fromEnv, InvalidEnvironmentError } from '../config/index.js';
import { readSigningKey } from './signing-key.js';

/** CloudFront verifies SHA-1 unless the link says SHA-256 (since April 2026, in every region). */
export const HashAlgorithm = { Sha1: 'SHA1', Sha256: 'SHA256' } as const;
export type HashAlgorithm = (typeof HashAlgorithm)[keyof typeof HashAlgorithm];

const HOST_NAME = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const COOKIE_DOMAIN = new RegExp(`^\\.?${HOST_NAME.source.slice(1)}`);

/** Host names are compared as text later on. */
function LowerCase(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim().toLowerCase() : value));
}

class CloudFrontEnv {
  @Expose()
  @IsOptional()
  @LowerCase()
  @Matches(HOST_NAME, {
    message: 'CLOUDFRONT_DOMAIN must be a host name such as d111111abcdef8.cloudfront.net, without https:// and path',
  })
  CLOUDFRONT_DOMAIN?: string;

  @Expose()
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{1,128}$/, {
    message: 'CLOUDFRONT_KEY_PAIR_ID must be the id of a public key in CloudFront, such as K2JCJMDEHXQW5F',
  })
  CLOUDFRONT_KEY_PAIR_ID?: string;

  @Expose() @IsOptional() @IsString() CLOUDFRONT_PRIVATE_KEY_PATH?: string;

  @Expose()
  @IsOptional()
  @LowerCase()
  @Matches(COOKIE_DOMAIN, { message: 'CLOUDFRONT_COOKIE_DOMAIN must be a domain such as example.org' })
  CLOUDFRONT_COOKIE_DOMAIN?: string;

  @Expose()
  @IsIn(Object.values(HashAlgorithm), { message: 'CLOUDFRONT_HASH_ALGORITHM must be SHA1 or SHA256' })
  CLOUDFRONT_HASH_ALGORITHM: HashAlgorithm = HashAlgorithm.Sha1;
}

/** The distribution in front of the bucket and the key that signs for it; without one, links lead to the store. */
export const cloudfrontConfig = registerAs('cloudfront', () => {
  const env = fromEnv(CloudFrontEnv);
  const { CLOUDFRONT_DOMAIN: domain, CLOUDFRONT_KEY_PAIR_ID: keyPairId, CLOUDFRONT_PRIVATE_KEY_PATH: keyPath } = env;
  const cookieDomain = env.CLOUDFRONT_COOKIE_DOMAIN?.replace(/^\./, '');
  assertWhole(env);
  if (domain === undefined || keyPairId === undefined || keyPath === undefined) return { distribution: undefined };
  if (cookieDomain !== undefined && domain !== cookieDomain && !domain.endsWith(`.${cookieDomain}`)) {
    throw new InvalidEnvironmentError([
      `CLOUDFRONT_COOKIE_DOMAIN must be CLOUDFRONT_DOMAIN (${domain}) or a domain above it: no browser would send it cookies of ${cookieDomain}`,
    ]);
  }
  const privateKey = readSigningKey(keyPath);
  const { CLOUDFRONT_HASH_ALGORITHM: hashAlgorithm } = env;
  return { distribution: { domain, keyPairId, privateKey, hashAlgorithm, cookieDomain } };
});
export type CloudFrontConfig = ConfigType<typeof cloudfrontConfig>;

/** A half-configured distribution is a mistake, and links that quietly lead elsewhere would hide it. */
function assertWhole(env: CloudFrontEnv): void {
  const needed = ['CLOUDFRONT_DOMAIN', 'CLOUDFRONT_KEY_PAIR_ID', 'CLOUDFRONT_PRIVATE_KEY_PATH'] as const;
  const missing = needed.filter((name) => env[name] === undefined);
  if (missing.length === 0) return;
  const given = [...needed, 'CLOUDFRONT_COOKIE_DOMAIN' as const].filter((name) => env[name] !== undefined);
  if (given.length === 0) return;
  throw new InvalidEnvironmentError(
    missing.map(
      (name) =>
        `${name} must be set too: ${given.join(', ')} alone ${given.length > 1 ? 'are' : 'is'} not enough to sign for CloudFront`,
    ),
  );
}
