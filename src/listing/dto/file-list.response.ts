import { ApiProperty } from '@nestjs/swagger';
import { FileResponse, toFileResponse } from '../../files/index.js';
import type { FilePage } from '../file-listing.js';

/** A page of files, newest first. */
export class FileListResponse {
  @ApiProperty({ type: [FileResponse] })
  items!: FileResponse[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'AZqbHHpSfDGdPlsfDi1Mag',
    description:
      'Pass it as `cursor` for the next page. Null at the end, and only there: with filters that match little, a page may be short or empty and the list go on.',
  })
  nextCursor!: string | null;
}

export function toFileListResponse({ files, nextCursor }: FilePage): FileListResponse {
  return { items: files.map(toFileResponse), nextCursor };
}
