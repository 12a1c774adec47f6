import { ApiProperty } from '@nestjs/swagger';
import { UsageScope, type Usage, type UsagePage } from '../usage.service.js';

/** The stored files of one kind. */
export class KindUsageResponse {
  @ApiProperty({ example: 'session-original' })
  kind!: string;

  @ApiProperty({ type: 'integer', format: 'int64', example: 12 })
  files!: number;

  @ApiProperty({ type: 'integer', format: 'int64', example: 2_117_328 })
  sizeBytes!: number;
}

/** What an owner or a session has. */
export class UsageResponse {
  @ApiProperty({ type: 'string', nullable: true, example: 'user-7' })
  ownerId!: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: null })
  sessionId!: string | null;

  @ApiProperty({ type: 'integer', format: 'int64', example: 12, description: 'Stored files.' })
  files!: number;

  @ApiProperty({ type: 'integer', format: 'int64', example: 2_117_328, description: 'Bytes of the stored files.' })
  sizeBytes!: number;

  @ApiProperty({ type: 'integer', format: 'int64', example: 1, description: 'Files in the trash.' })
  trashedFiles!: number;

  @ApiProperty({ type: 'integer', format: 'int64', example: 176_444, description: 'Bytes of the files in the trash.' })
  trashedSizeBytes!: number;

  @ApiProperty({
    type: 'integer',
    format: 'int64',
    nullable: true,
    example: null,
    description: "What an owner's stored and trashed files may have together. Null without a bound, and for a session.",
  })
  quotaBytes!: number | null;

  @ApiProperty({ type: [KindUsageResponse], description: 'Of the stored files, by name.' })
  byKind!: KindUsageResponse[];
}

/** A page of usages, in the order of their ids. */
export class UsageListResponse {
  @ApiProperty({ type: [UsageResponse] })
  items!: UsageResponse[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'dXNlci03',
    description: 'Pass it as `cursor` for the next page. Null at the end, and only there.',
  })
  nextCursor!: string | null;
}

export function toUsageResponse({ scope, subjectId, byKind, ...figures }: Usage): UsageResponse {
  return {
    ownerId: scope === UsageScope.Owner ? subjectId : null,
    sessionId: scope === UsageScope.Session ? subjectId : null,
    ...figures,
    byKind: [...byKind],
  };
}

export function toUsageListResponse({ usages, nextCursor }: UsagePage): UsageListResponse {
  return { items: usages.map(toUsageResponse), nextCursor };
}
