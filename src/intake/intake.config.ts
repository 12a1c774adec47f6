import { registerAs, type ConfigType } from '@nestjs/config';
import { Expose, Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { fromEnv } from '../config/index.js';

class IntakeEnv {
  @Expose()
  @Type(() => Number)
  @IsInt({ message: 'UPLOAD_LEASE_SECONDS must be a whole number of seconds' })
  @Min(3, { message: 'UPLOAD_LEASE_SECONDS must be at least 3' })
  @Max(3600, { message: 'UPLOAD_LEASE_SECONDS must be at most 3600' })
  UPLOAD_LEASE_SECONDS = 60;
}

/** How long a sender may be silent. */
export const intakeConfig = registerAs('intake', () => {
  const env = fromEnv(IntakeEnv);
  return {
    /** How long a pending file is left alone after its sender was last heard of. */
    leaseSeconds: env.UPLOAD_LEASE_SECONDS,
  };
});
export type IntakeConfig = ConfigType<typeof intakeConfig>;
