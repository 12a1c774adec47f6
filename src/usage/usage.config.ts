import { registerAs, type ConfigType } from '@nestjs/config';
import { Expose, Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { fromEnv } from '../config/index.js';

const MEBIBYTE = 1024 * 1024;
/** In bytes, the largest that is counted exactly. */
const MAX_MEBIBYTES = 8_589_934_591;

class UsageEnv {
  @Expose()
  @IsOptional()
  @Type(() => Number)
  @IsInt({ message: 'OWNER_QUOTA_MB must be a whole number' })
  @Min(1, { message: 'OWNER_QUOTA_MB must be at least 1; leave it out for no bound' })
  @Max(MAX_MEBIBYTES, { message: 'OWNER_QUOTA_MB must be at most 8589934591' })
  OWNER_QUOTA_MB?: number;

  @Expose()
  @IsOptional()
  @Type(() => Number)
  @IsInt({ message: 'TOTAL_QUOTA_MB must be a whole number' })
  @Min(1, { message: 'TOTAL_QUOTA_MB must be at least 1; leave it out for no bound' })
  @Max(MAX_MEBIBYTES, { message: 'TOTAL_QUOTA_MB must be at most 8589934591' })
  TOTAL_QUOTA_MB?: number;
}

/** How much files may have in all; null is no bound. */
export const usageConfig = registerAs('usage', () => {
  const env = fromEnv(UsageEnv);
  return {
    /** Of one owner. */
    ownerQuotaBytes: inBytes(env.OWNER_QUOTA_MB),
    /** Of everybody. */
    totalQuotaBytes: inBytes(env.TOTAL_QUOTA_MB),
  };
});
export type UsageConfig = ConfigType<typeof usageConfig>;

function inBytes(mebibytes: number | undefined): number | null {
  return mebibytes === undefined ? null : mebibytes * MEBIBYTE;
}
