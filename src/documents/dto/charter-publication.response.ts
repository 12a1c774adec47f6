import { ApiProperty } from '@nestjs/swagger';
import { FileResponse, toFileResponse, type StoredFile } from '../../files/index.js';
import type { CharterPublication } from '../charter-publication.entity.js';

/** A version of a charter that was published under a name. */
export class CharterPublicationResponse {
  @ApiProperty({ format: 'uuid', example: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a', description: 'UUIDv7.' })
  id!: string;

  @ApiProperty({ example: 'charter-2026' })
  documentId!: string;

  @ApiProperty({ type: 'integer', minimum: 1, example: 3, description: 'The draft that was published.' })
  version!: number;

  @ApiProperty({ example: 'youth-social-innovation-charter-final' })
  slug!: string;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-03-01T10:15:02.000Z' })
  publishedAt!: Date;

  @ApiProperty({ example: '019a9b1c-0000-7000-8000-000000000001', description: 'The principal that published it.' })
  publishedBy!: string;

  @ApiProperty({ example: true, description: 'Whether readers of the slug get this one.' })
  current!: boolean;

  @ApiProperty({ type: FileResponse, nullable: true, description: 'Null once the file is gone for good.' })
  file!: FileResponse | null;
}

/** A page of publications. */
export class CharterPublicationListResponse {
  @ApiProperty({ type: [CharterPublicationResponse], description: 'The latest first.' })
  items!: CharterPublicationResponse[];

  @ApiProperty({ type: 'string', nullable: true, example: null, description: 'For the next page; null at the end.' })
  nextCursor!: string | null;
}

/** What a publication says of itself. */
export type PublicationFacts = Pick<
  CharterPublication,
  'id' | 'documentId' | 'version' | 'slug' | 'publishedAt' | 'publishedBy'
>;

export function toCharterPublicationResponse(
  { id, documentId, version, slug, publishedAt, publishedBy }: PublicationFacts,
  file: StoredFile | undefined,
): CharterPublicationResponse {
  return {
    id,
    documentId,
    version,
    slug,
    publishedAt,
    publishedBy,
    // Of a place only the current revision is stored; the others are in the trash or gone.
    current: file?.isStored() ?? false,
    file: file === undefined ? null : toFileResponse(file),
  };
}
