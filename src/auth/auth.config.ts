import { registerAs, type ConfigType } from '@nestjs/config';
import { Expose } from 'class-transformer';
import { IsOptional, Matches } from 'class-validator';
import { fromEnv } from '../config/index.js';

class AuthEnv {
  @Expose()
  @IsOptional()
  @Matches(/^[\x21-\x7e]{32,256}$/, {
    message: 'BOOTSTRAP_API_KEY must have 32 to 256 printable characters, no blanks',
  })
  BOOTSTRAP_API_KEY?: string;
}

/** The first key of an installation. */
export const authConfig = registerAs('auth', () => ({ bootstrapApiKey: fromEnv(AuthEnv).BOOTSTRAP_API_KEY }));
export type AuthConfig = ConfigType<typeof authConfig>;
