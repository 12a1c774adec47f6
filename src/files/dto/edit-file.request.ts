import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { IfPresent } from '../../http/index.js';
import { MAX_METADATA, MAX_TAGS, type FileChanges } from '../file-edits.js';
import { IsStringMapPatch } from './string-map.js';

const TEXTS = { type: 'object', additionalProperties: { type: 'string', nullable: true, maxLength: 256 } } as const;

/** What shall change, as a JSON merge patch (RFC 7396): what is left out stays, null removes. */
export class EditFileRequest implements FileChanges {
  @ApiPropertyOptional({
    minLength: 1,
    maxLength: 255,
    example: 'interview with the board.wav',
    description: 'Keeps its extension. Later downloads carry it; the key stays.',
  })
  @IfPresent()
  @IsString()
  @Length(1, 255)
  originalFilename?: string;

  @ApiPropertyOptional({
    ...TEXTS,
    nullable: true,
    example: { topic: 'strategy', draft: null },
    description: `At most ${MAX_TAGS} in all.`,
  })
  @IfPresent()
  @IsStringMapPatch()
  tags?: Readonly<Record<string, string | null>> | null;

  @ApiPropertyOptional({
    ...TEXTS,
    nullable: true,
    example: { room: '4.12' },
    description: `At most ${MAX_METADATA} in all.`,
  })
  @IfPresent()
  @IsStringMapPatch()
  metadata?: Readonly<Record<string, string | null>> | null;
}
