import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { SessionIdParam } from './session.params.js';

const STEM = '[A-Za-z0-9][A-Za-z0-9_-]{0,95}(?:\\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?';

/** A result of a session by its name. */
export class ResultNameParam extends SessionIdParam {
  @ApiProperty({
    example: 'waveform.json',
    description: '`.json` may be left out. The plain name of another recording takes `sourceFileId`.',
  })
  @Matches(new RegExp(`^${STEM}(?:\\.(?:json|png|m4a))?$`), {
    message: 'name must be the name of a result, such as waveform.json',
  })
  name!: string;
}

/** A transcript of a session by its name. */
export class TranscriptNameParam extends SessionIdParam {
  @ApiProperty({ example: 'captions.vtt' })
  @Matches(new RegExp(`^${STEM}\\.(?:txt|json|vtt|srt)$`), {
    message: 'name must be the name of a transcript, such as full_transcript.txt',
  })
  name!: string;
}
