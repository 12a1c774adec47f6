import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsDate,
  IsIn,
  IsInt,
  IsString,
  IsUUID,
  isISO8601,
  Length,
  Matches,
  Min,
} from 'class-validator';
import { IfPresent, IsNetwork } from '../../http/index.js';
import { DEFAULT_LINK_SECONDS } from '../link-life.js';

export const MAX_BATCH_LINKS = 100;
/** PostgreSQL's jsonb takes neither NUL nor half a surrogate pair, and no purpose has a line break. */
const PLAIN_TEXT = /^[^\p{Cc}\p{Cs}]*$/u;

/** Reads a time of RFC 3339, of a day that there is; anything else is left for the validator to refuse. */
function Instant(): PropertyDecorator {
  const pattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/i;
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && pattern.test(value) && isISO8601(value.toUpperCase(), { strict: true })
      ? new Date(value.toUpperCase())
      : value,
  );
}

/** How long something is given out, to whom and what for. */
export class GrantRequest {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 604_800,
    default: DEFAULT_LINK_SECONDS,
    example: 600,
    description: 'Seconds; at most LINK_MAX_SECONDS.',
  })
  @IfPresent()
  @IsInt()
  @Min(1)
  expiresInSeconds?: number;

  @ApiPropertyOptional({
    example: '203.0.113.0/24',
    description: 'Works from this address or network alone. IPv4, and CloudFront only: 422 elsewhere.',
  })
  @IfPresent()
  @IsNetwork()
  ip?: string;

  @ApiPropertyOptional({
    minLength: 1,
    maxLength: 200,
    example: 'review by the board',
    description: 'What for; kept in the audit log.',
  })
  @IfPresent()
  @IsString()
  @Length(1, 200)
  @Matches(PLAIN_TEXT, { message: 'purpose must be one line of text' })
  purpose?: string;
}

/** What links shall do. */
export class LinkTermsRequest extends GrantRequest {
  @ApiPropertyOptional({
    enum: ['attachment', 'inline'],
    default: 'attachment',
    example: 'inline',
    description: 'Save the file, or show it.',
  })
  @IfPresent()
  @IsIn(['attachment', 'inline'])
  disposition?: 'attachment' | 'inline';

  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    example: '2026-03-01T10:15:00Z',
    description: 'Closed until then; must be before it ends. CloudFront only: 422 elsewhere.',
  })
  @IfPresent()
  @Instant()
  @IsDate({ message: 'startsAt must be a time such as 2026-03-01T10:15:00Z' })
  startsAt?: Date;
}

/** What a link shall do. */
export class CreateLinkRequest extends LinkTermsRequest {
  @ApiPropertyOptional({
    minLength: 1,
    maxLength: 255,
    description: 'In place of the original name.',
    example: 'interview.wav',
  })
  @IfPresent()
  @IsString()
  @Length(1, 255)
  filename?: string;
}

/** Links to several files at once. */
export class CreateLinksRequest extends LinkTermsRequest {
  @ApiProperty({
    type: 'array',
    items: { type: 'string', format: 'uuid' },
    minItems: 1,
    maxItems: MAX_BATCH_LINKS,
    uniqueItems: true,
    example: ['019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a'],
    description: 'Each once.',
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BATCH_LINKS)
  @ArrayUnique((id: unknown) => (typeof id === 'string' ? id.toLowerCase() : id))
  @IsUUID(undefined, { each: true, message: 'fileIds must hold UUIDs of files' })
  fileIds!: string[];
}
