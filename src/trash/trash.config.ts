import { registerAs, type ConfigType } from '@nestjs/config';
import { Expose, Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { fromEnv } from '../config/index.js';

class TrashEnv {
  @Expose()
  @Type(() => Number)
  @IsInt({ message: 'TRASH_DAYS must be a whole number of days' })
  @Min(0, { message: 'TRASH_DAYS must be at least 0' })
  @Max(3650, { message: 'TRASH_DAYS must be at most 3650' })
  TRASH_DAYS = 30;
}

/** How long deleted files can be brought back. */
export const trashConfig = registerAs('trash', () => {
  const env = fromEnv(TrashEnv);
  return {
    trashDays: env.TRASH_DAYS,
  };
});
export type TrashConfig = ConfigType<typeof trashConfig>;
