import { registerAs, type ConfigType } from '@nestjs/config';
import { Expose, Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { fromEnv } from '../config/index.js';

class FilesEnv {
  @Expose()
  @Type(() => Number)
  @IsInt({ message: 'TRASH_DAYS must be a whole number of days' })
  @Min(0, { message: 'TRASH_DAYS must be at least 0' })
  @Max(3650, { message: 'TRASH_DAYS must be at most 3650' })
  TRASH_DAYS = 30;

  @Expose()
  @Type(() => Number)
  @IsInt({ message: 'UPLOAD_LEASE_SECONDS must be a whole number of seconds' })
  @Min(3, { message: 'UPLOAD_LEASE_SECONDS must be at least 3' })
  @Max(3600, { message: 'UPLOAD_LEASE_SECONDS must be at most 3600' })
  UPLOAD_LEASE_SECONDS = 60;
}

/** How long things that wait for somebody are kept. */
export const filesConfig = registerAs('files', () => {
  const env = fromEnv(FilesEnv);
  return {
    trashDays: env.TRASH_DAYS,
    /** How long a pending file is left alone after its sender was last heard of. */
    leaseSeconds: env.UPLOAD_LEASE_SECONDS,
  };
});
export type FilesConfig = ConfigType<typeof filesConfig>;
