import { registerAs, type ConfigType } from '@nestjs/config';
import { Expose, Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { fromEnv, InvalidEnvironmentError } from '../config/index.js';

class DirectUploadsEnv {
  @Expose()
  @Type(() => Number)
  @IsInt({ message: 'UPLOAD_URL_SECONDS must be a whole number of seconds' })
  @Min(1, { message: 'UPLOAD_URL_SECONDS must be at least 1' })
  @Max(604_800, { message: 'UPLOAD_URL_SECONDS must be at most 604800 (7 days): S3 takes no more' })
  UPLOAD_URL_SECONDS = 3600;

  @Expose()
  @Type(() => Number)
  @IsInt({ message: 'UPLOAD_EXPIRY_SECONDS must be a whole number of seconds' })
  @Min(1, { message: 'UPLOAD_EXPIRY_SECONDS must be at least 1' })
  UPLOAD_EXPIRY_SECONDS = 604_800;
}

/** How long uploads and their URLs live. */
export const directUploadsConfig = registerAs('directUploads', () => {
  const env = fromEnv(DirectUploadsEnv);
  if (env.UPLOAD_EXPIRY_SECONDS < env.UPLOAD_URL_SECONDS) {
    throw new InvalidEnvironmentError([
      'UPLOAD_EXPIRY_SECONDS must be at least UPLOAD_URL_SECONDS: an upload outlives the URLs it was given',
    ]);
  }
  return {
    /** For how long a URL that writes is good. */
    urlSeconds: env.UPLOAD_URL_SECONDS,
    /** After how long without a word from its sender an upload is given up. */
    expirySeconds: env.UPLOAD_EXPIRY_SECONDS,
  };
});
export type DirectUploadsConfig = ConfigType<typeof directUploadsConfig>;
