import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { EmptyAsAbsent } from '../../http/index.js';
import { OUTSIDE_ID } from '../../storage/index.js';

const OUTSIDE = new RegExp(`^${OUTSIDE_ID}$`);

/** Whose usage is wanted: one of the two. */
export class UsageQuery {
  @ApiPropertyOptional({ pattern: OUTSIDE.source, description: 'This, or `sessionId`.' })
  @IsOptional()
  @Matches(OUTSIDE, { message: 'ownerId must be 1 to 64 letters, digits, _ and -' })
  ownerId?: string;

  @ApiPropertyOptional({ pattern: OUTSIDE.source, description: 'This, or `ownerId`.' })
  @IsOptional()
  @Matches(OUTSIDE, { message: 'sessionId must be 1 to 64 letters, digits, _ and -' })
  sessionId?: string;
}

/** Where a page of usages begins and how long it is. */
export class UsagePageQuery {
  @ApiPropertyOptional({ description: 'From the page before: its `nextCursor`.' })
  @EmptyAsAbsent()
  @IsOptional()
  @IsString()
  @MaxLength(128)
  cursor?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit = 50;
}
