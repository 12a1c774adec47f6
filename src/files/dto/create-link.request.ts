import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Length, Min } from 'class-validator';
import { IfPresent } from '../../http/index.js';
import { DEFAULT_LINK_SECONDS } from '../links.service.js';

/** What a link shall do. */
export class CreateLinkRequest {
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
    enum: ['attachment', 'inline'],
    default: 'attachment',
    example: 'inline',
    description: 'Save the file, or show it.',
  })
  @IfPresent()
  @IsIn(['attachment', 'inline'])
  disposition?: 'attachment' | 'inline';

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
