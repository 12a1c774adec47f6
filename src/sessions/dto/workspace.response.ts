import { ApiProperty } from '@nestjs/swagger';
import { FormatFamily } from '../../storage/index.js';

/** A folder of the bucket and the stored files in it. */
export class PrefixResponse {
  @ApiProperty({ example: 'audio-files/sessions/session-42/original/' })
  prefix!: string;

  @ApiProperty({ type: 'integer', example: 3 })
  count!: number;

  @ApiProperty({ type: 'integer', format: 'int64', example: 529332 })
  sizeBytes!: number;
}

/** The folders that processing works with. */
export class WorkspacePrefixes {
  @ApiProperty({ type: PrefixResponse, description: 'Audio; `originals` has the other types too.' })
  original!: PrefixResponse;

  @ApiProperty({ type: PrefixResponse })
  processed!: PrefixResponse;

  @ApiProperty({ type: PrefixResponse })
  clips!: PrefixResponse;

  @ApiProperty({ type: PrefixResponse })
  transcripts!: PrefixResponse;
}

/** The originals of a session by their type. */
export class OriginalPrefixes implements Record<FormatFamily, PrefixResponse> {
  @ApiProperty({ type: PrefixResponse })
  audio!: PrefixResponse;

  @ApiProperty({ type: PrefixResponse })
  video!: PrefixResponse;

  @ApiProperty({ type: PrefixResponse })
  image!: PrefixResponse;

  @ApiProperty({ type: PrefixResponse })
  document!: PrefixResponse;
}

/** Where a session's files lie, and how many there are. */
export class WorkspaceResponse {
  @ApiProperty({ example: '42' })
  sessionId!: string;

  @ApiProperty({ type: WorkspacePrefixes })
  prefixes!: WorkspacePrefixes;

  @ApiProperty({ type: OriginalPrefixes })
  originals!: OriginalPrefixes;
}

/** What became of the files that the deletion of a session had taken. */
export class SessionRestoredResponse {
  @ApiProperty({ example: '42' })
  sessionId!: string;

  @ApiProperty({ type: 'integer', example: 12, description: 'Files that are stored again.' })
  restored!: number;

  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'Files that stay in the trash: something newer has their name, or their source is gone.',
  })
  leftInTrash!: number;
}
