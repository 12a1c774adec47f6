import { ApiProperty } from '@nestjs/swagger';
import { FileResponse, toFileResponse, type StoredFile } from '../../files/index.js';

/** One version of a charter. */
export class CharterDraftResponse {
  @ApiProperty({ example: 'charter-2026' })
  documentId!: string;

  @ApiProperty({ type: 'integer', minimum: 1, example: 3, description: 'Given by the service, and never again.' })
  version!: number;

  @ApiProperty({ type: FileResponse })
  charter!: FileResponse;

  @ApiProperty({ type: FileResponse, nullable: true, description: 'Null for a draft that came without citations.' })
  citations!: FileResponse | null;

  @ApiProperty({ type: 'integer', minimum: 0, example: 12 })
  citationCount!: number;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-03-01T10:15:00.000Z' })
  createdAt!: Date;

  @ApiProperty({ example: '019a9b1c-0000-7000-8000-000000000001', description: 'The principal that sent it.' })
  createdBy!: string;
}

/** A page of versions. */
export class CharterDraftListResponse {
  @ApiProperty({ type: [CharterDraftResponse], description: 'The highest version first.' })
  items!: CharterDraftResponse[];

  @ApiProperty({ type: 'string', nullable: true, example: null, description: 'For the next page; null at the end.' })
  nextCursor!: string | null;
}

/** A version with its files. */
export interface CharterVersion {
  readonly documentId: string;
  readonly version: number;
  readonly charter: StoredFile;
  readonly citations: StoredFile | undefined;
  readonly citationCount: number;
}

export function toCharterDraftResponse(draft: CharterVersion): CharterDraftResponse {
  const { documentId, version, charter, citations, citationCount } = draft;
  return {
    documentId,
    version,
    charter: toFileResponse(charter),
    citations: citations === undefined ? null : toFileResponse(citations),
    citationCount,
    createdAt: charter.createdAt,
    createdBy: charter.createdBy,
  };
}
