import { resolve } from 'node:path';
import { registerAs, type ConfigType } from '@nestjs/config';
import { Expose, Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsOptional, IsString, IsUrl, Max, Min } from 'class-validator';
import { ToList } from './env-transforms.js';
import { fromEnv, InvalidEnvironmentError } from './from-env.js';

export const Environment = { Development: 'development', Production: 'production' } as const;
export type Environment = (typeof Environment)[keyof typeof Environment];

export const Role = { Api: 'api', Worker: 'worker', All: 'all' } as const;
export type Role = (typeof Role)[keyof typeof Role];

class AppEnv {
  @Expose()
  @IsIn(Object.values(Environment), { message: 'ENVIRONMENT must be development or production' })
  ENVIRONMENT: Environment = Environment.Development;

  @Expose()
  @IsIn(Object.values(Role), { message: 'ROLE must be api, worker or all' })
  ROLE: Role = Role.All;

  @Expose() @IsOptional() @IsString() HOST?: string;

  @Expose()
  @Type(() => Number)
  @IsInt({ message: 'PORT must be a port number' })
  @Min(1, { message: 'PORT must be at least 1' })
  @Max(65_535, { message: 'PORT must be at most 65535' })
  PORT = 3000;

  @Expose()
  @IsOptional()
  @IsUrl(
    { require_tld: false, protocols: ['http', 'https'], require_protocol: true },
    { message: 'PUBLIC_URL must be an absolute http or https URL' },
  )
  PUBLIC_URL?: string;

  @Expose() @IsOptional() @IsString() TRUST_PROXY?: string;

  @Expose() @ToList() @IsArray() CORS_ORIGINS: string[] = [];

  @Expose() @IsString() DATA_DIR = '.data';

  @Expose()
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    message: 'LOG_LEVEL must be fatal, error, warn, info, debug, trace or silent',
  })
  LOG_LEVEL = 'info';
}

/** What every part of the service may need to know about where and how it runs. */
export const appConfig = registerAs('app', () => {
  const env = fromEnv(AppEnv);
  const development = env.ENVIRONMENT === Environment.Development;
  return {
    environment: env.ENVIRONMENT,
    role: env.ROLE,
    host: env.HOST ?? (development ? '127.0.0.1' : '0.0.0.0'),
    port: env.PORT,
    /** Without a trailing slash. */
    publicUrl: (env.PUBLIC_URL ?? `http://127.0.0.1:${env.PORT}`).replace(/\/+$/, ''),
    /** As Express takes it: a hop count, `true`, or a list of addresses. */
    trustProxy: readTrustProxy(env.TRUST_PROXY),
    /** As browsers send them in Origin; or `*` alone. */
    corsOrigins: readOrigins(env.CORS_ORIGINS),
    /** Absolute. */
    dataDir: resolve(env.DATA_DIR),
    logLevel: env.LOG_LEVEL,
  };
});
export type AppConfig = ConfigType<typeof appConfig>;

function readOrigins(given: readonly string[]): readonly string[] {
  const unfit = given.filter((text) => (text === '*' ? given.length > 1 : !isOrigin(text)));
  if (unfit.length === 0) return given;
  throw new InvalidEnvironmentError([
    `CORS_ORIGINS has ${unfit.join(', ')}: write each as browsers send it, such as https://app.example.org or ` +
      'http://localhost:5173 (no path, no slash at the end), or * alone for every page',
  ]);
}

/** A default port, capitals, a wildcard or a slash at the end would never equal what a browser sends. */
function isOrigin(text: string): boolean {
  return /^https?:[^*]*$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function readTrustProxy(value: string | undefined): number | boolean | string | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  if (value === 'true' || value === 'false') return value === 'true';
  return value;
}
