import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { EmptyAsAbsent } from '../../http/index.js';
import { IsOutsideId, OUTSIDE_ID_PATTERN } from '../../storage/index.js';

/** Whose usage is wanted: one of the two. */
export class UsageQuery {
  @ApiPropertyOptional({ pattern: OUTSIDE_ID_PATTERN, description: 'This, or `sessionId`.' })
  @IsOptional()
  @IsOutsideId()
  ownerId?: string;

  @ApiPropertyOptional({ pattern: OUTSIDE_ID_PATTERN, description: 'This, or `ownerId`.' })
  @IsOptional()
  @IsOutsideId()
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
