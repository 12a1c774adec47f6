import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsInt,
  IsObject,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  Validate,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { IfPresent, IsPlainText } from '../../http/index.js';

const MAX_PARAMETERS = 16;
const MAX_PARAMETER_CHARACTERS = 128;
const MAX_SECONDS = 86_400;

@ValidatorConstraint()
class Texts implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const texts: unknown[] = Object.values(value);
    return (
      texts.length <= MAX_PARAMETERS &&
      texts.every((text) => typeof text === 'string' && text !== '' && text.length <= MAX_PARAMETER_CHARACTERS)
    );
  }

  defaultMessage(): string {
    return `parameters must be at most ${MAX_PARAMETERS} texts of 1 to ${MAX_PARAMETER_CHARACTERS} characters`;
  }
}

/** What a token is to be good for. */
export class CreateUploadTokenRequest {
  @ApiPropertyOptional({
    example: 'session-original',
    description: 'The one kind of file that may be sent; any where absent.',
  })
  @IfPresent()
  @IsString()
  @MinLength(1)
  @MaxLength(64)
  kind?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { sessionId: '42' },
    description: "Values of the kind's parameters: uploads may leave them out, and name no others.",
  })
  @IfPresent()
  @IsObject()
  @Validate(Texts)
  parameters?: Record<string, string>;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_SECONDS, default: 3600 })
  @IfPresent()
  @IsInt()
  @Min(1)
  @Max(MAX_SECONDS)
  expiresInSeconds = 3600;

  @ApiPropertyOptional({
    maxLength: 128,
    example: 'user-7',
    description:
      'Whom you give it to, in words of your own. Tokens of one key for one holder can go on with each other’s uploads: with a new one after the old one expired.',
  })
  @IfPresent()
  @IsString()
  @MinLength(1)
  @MaxLength(128)
  @IsPlainText()
  holder?: string;
}

/** A token, shown this once, and where to use it. */
export class UploadTokenResponse {
  @ApiProperty({ description: 'For `Authorization: Bearer`. It is a secret.' })
  token!: string;

  @ApiProperty({ type: 'string', format: 'date-time' })
  expiresAt!: Date;

  @ApiProperty({ format: 'uri', description: 'The option `companionEndpoint` of Uppy 6, with the token in its path.' })
  companionEndpoint!: string;

  @ApiProperty({
    format: 'uri',
    example: 'http://127.0.0.1:3000/v1/tus',
    description: 'For tus, with the token in the header.',
  })
  tusEndpoint!: string;
}
