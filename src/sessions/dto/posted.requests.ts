import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Allow, IsUUID, Matches } from 'class-validator';
import { IfPresent } from '../../http/index.js';

/** What a body that brings content may say besides it. */
class SourcedRequest {
  @ApiPropertyOptional({
    format: 'uuid',
    description: 'The original this was made of. It goes to the trash and comes back with it.',
  })
  @IfPresent()
  @IsUUID(undefined, { message: 'sourceFileId must be the id of a file' })
  sourceFileId?: string;
}

/** A result that an outside worker made. */
export class PostResultRequest extends SourcedRequest {
  @ApiProperty({ example: 'analysis', pattern: '^[a-z][a-z0-9_-]{0,63}$' })
  @Matches(/^[a-z][a-z0-9_-]{0,63}$/, {
    message: 'type must be 1 to 64 small letters, digits, _ and -, and begin with a letter',
  })
  type!: string;

  @ApiPropertyOptional({
    example: 'analysis',
    description:
      'Unique for its recording; the same name again replaces the result. `{type}_{timestamp}` where absent.',
    pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\\.json)?$',
  })
  @IfPresent()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(?:\.json)?$/, {
    message: 'name must be 1 to 64 letters, digits, _ and -, begin with a letter or a digit, and may end in .json',
  })
  name?: string;

  /** Checked by `jsonContent`. */
  @ApiProperty({
    description: 'An object or an array, 64 levels deep at the most, or a string that holds one.',
    oneOf: [{ type: 'object', additionalProperties: true }, { type: 'array', items: {} }, { type: 'string' }],
    example: { summary: 'Three speakers.' },
  })
  @Allow()
  content: unknown;
}

/** A transcript that an outside worker or a person made. */
export class PostTranscriptRequest extends SourcedRequest {
  @ApiProperty({
    example: 'full_transcript.txt',
    description: 'full_transcript.txt, speakers_separated.json, captions.vtt, captions.srt, or another of these types.',
    pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\\.(txt|json|vtt|srt)$',
  })
  @Matches(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(?:txt|json|vtt|srt)$/, {
    message: 'name must be 1 to 64 letters, digits, _ and -, and end in .txt, .json, .vtt or .srt',
  })
  name!: string;

  /** Checked by `transcriptContent`. */
  @ApiProperty({
    description: 'Text that is what the extension says; for .json an object or an array too.',
    oneOf: [{ type: 'string' }, { type: 'object', additionalProperties: true }, { type: 'array', items: {} }],
    example: 'Good morning.',
  })
  @Allow()
  content: unknown;
}
