import { registerAs, type ConfigType } from '@nestjs/config';
import { Expose } from 'class-transformer';
import { IsBoolean, IsIn, IsISO8601, IsOptional, IsString, IsUrl, Matches } from 'class-validator';
import { Environment, fromEnv, InvalidEnvironmentError, ToBoolean } from '../config/index.js';

class S3Env {
  @Expose()
  @IsIn(Object.values(Environment), { message: 'ENVIRONMENT must be development or production' })
  ENVIRONMENT: Environment = Environment.Development;

  @Expose()
  @IsOptional()
  @IsUrl(
    { require_tld: false, protocols: ['http', 'https'], require_protocol: true },
    { message: 'S3_ENDPOINT must be an http or https URL' },
  )
  S3_ENDPOINT?: string;

  @Expose()
  @IsOptional()
  @ToBoolean()
  @IsBoolean({ message: 'S3_FORCE_PATH_STYLE must be true or false' })
  S3_FORCE_PATH_STYLE?: boolean;

  @Expose()
  @Matches(/^[a-z0-9-]{2,32}$/, { message: 'AWS_REGION must be a region name such as us-east-1' })
  AWS_REGION = 'us-east-1';

  @Expose() @IsOptional() @IsString() AWS_ACCESS_KEY_ID?: string;
  @Expose() @IsOptional() @IsString() AWS_SECRET_ACCESS_KEY?: string;
  @Expose() @IsOptional() @IsString() AWS_SESSION_TOKEN?: string;

  @Expose()
  @IsOptional()
  @IsISO8601({ strict: true }, { message: 'AWS_CREDENTIAL_EXPIRATION must be a time such as 2026-03-01T10:15:00Z' })
  AWS_CREDENTIAL_EXPIRATION?: string;
}

/**
 * How to reach S3. Keys that are given are used; without any, production leaves it to the SDK's default chain (instance role,
 * container, SSO), and development refuses, because there a forgotten key is the likelier reason.
 */
export const s3Config = registerAs('s3', () => {
  const env = fromEnv(S3Env);
  return {
    region: env.AWS_REGION,
    endpoint: env.S3_ENDPOINT,
    /** S3-compatible servers seldom answer under `bucket.host`. */
    forcePathStyle: env.S3_FORCE_PATH_STYLE ?? env.S3_ENDPOINT !== undefined,
    credentials: readCredentials(env),
    /** Development without keys: said when a client is first wanted, since the local store needs none. */
    credentialsRequired: env.ENVIRONMENT === Environment.Development,
  };
});
export type S3Config = ConfigType<typeof s3Config>;

function readCredentials(env: S3Env) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new InvalidEnvironmentError(['AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set together']);
  }
  return {
    accessKeyId,
    secretAccessKey,
    ...(env.AWS_SESSION_TOKEN !== undefined && { sessionToken: env.AWS_SESSION_TOKEN }),
    // As `aws configure export-credentials` names it. No link is said to outlive the keys that sign it.
    ...(env.AWS_CREDENTIAL_EXPIRATION !== undefined && { expiration: new Date(env.AWS_CREDENTIAL_EXPIRATION) }),
  };
}
