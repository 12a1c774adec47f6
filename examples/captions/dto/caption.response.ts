import { ApiProperty } from '@nestjs/swagger';
import { FileResponse, toFileResponse } from '../../../src/files/index.js';
import type { CaptionPage, Draft } from '../captions.service.js';

/** A draft of captions. */
export class CaptionResponse {
  @ApiProperty({ example: 'EN', description: 'ISO 639, in capitals.' })
  language!: string;

  @ApiProperty({ type: FileResponse })
  file!: FileResponse;
}

/** A page of drafts, newest first. */
export class CaptionListResponse {
  @ApiProperty({ type: [CaptionResponse] })
  items!: CaptionResponse[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: null,
    description: 'Pass it as `cursor` for the next page; null at the end.',
  })
  nextCursor!: string | null;
}

export function toCaptionListResponse({ drafts, nextCursor }: CaptionPage): CaptionListResponse {
  return { items: drafts.map(toCaptionResponse), nextCursor };
}

function toCaptionResponse({ caption, file }: Draft): CaptionResponse {
  return { language: caption.language, file: toFileResponse(file) };
}
