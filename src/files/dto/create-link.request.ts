import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { DEFAULT_LINK_SECONDS } from '../links.service.js';

/** What a link shall do. */
export class CreateLinkRequest {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 604_800,
    default: DEFAULT_LINK_SECONDS,
    description: 'Seconds; at most LINK_MAX_SECONDS.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(604_800)
  expiresInSeconds?: number;

  @ApiPropertyOptional({
    enum: ['attachment', 'inline'],
    default: 'attachment',
    description: 'Save the file, or show it.',
  })
  @IsOptional()
  @IsIn(['attachment', 'inline'])
  disposition?: 'attachment' | 'inline';

  @ApiPropertyOptional({
    minLength: 1,
    maxLength: 255,
    description: 'In place of the original name.',
    example: 'interview.wav',
  })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  filename?: string;
}
