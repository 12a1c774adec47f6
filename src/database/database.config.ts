import { registerAs, type ConfigType } from '@nestjs/config';
import { Expose } from 'class-transformer';
import { IsOptional, Matches } from 'class-validator';
import { fromEnv } from '../config/index.js';

const POSTGRES_URL = /^postgres(ql)?:\/\/\S+$/;

class DatabaseEnv {
  @Expose()
  @IsOptional()
  @Matches(POSTGRES_URL, { message: 'DATABASE_URL must be a postgres:// URL' })
  DATABASE_URL?: string;

  @Expose()
  @IsOptional()
  @Matches(POSTGRES_URL, { message: 'DATABASE_DIRECT_URL must be a postgres:// URL' })
  DATABASE_DIRECT_URL?: string;
}

/** Which PostgreSQL the service uses. Without a URL it runs one of its own below the data directory. */
export const databaseConfig = registerAs('database', () => {
  const env = fromEnv(DatabaseEnv);
  return {
    url: env.DATABASE_URL,
    /** For LISTEN and migrations, which a transaction pooler in front of the database breaks. */
    directUrl: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
  };
});
export type DatabaseConfig = ConfigType<typeof databaseConfig>;
