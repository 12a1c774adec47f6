import { ApiProperty } from '@nestjs/swagger';
import { FileResponse, toFileResponse } from '../../files/index.js';
import type { Template, TemplateRevisions } from '../templates.service.js';

/** A template: the record of its current revision. */
export class TemplateResponse extends FileResponse {
  @ApiProperty({ example: 'export-templates' })
  family!: string;

  @ApiProperty({ example: 'executive-summary.docx', description: 'With its extension.' })
  name!: string;
}

/** A template with what it was before. */
export class TemplateRevisionsResponse extends TemplateResponse {
  @ApiProperty({
    type: [FileResponse],
    description:
      'The current revision and earlier ones in the trash, the latest sent first, 200 at the most. Restoring one makes it the current one.',
  })
  revisions!: FileResponse[];
}

/** A page of templates. */
export class TemplateListResponse {
  @ApiProperty({ type: [TemplateResponse], description: 'The latest replaced first.' })
  items!: TemplateResponse[];

  @ApiProperty({ type: 'string', nullable: true, example: null, description: 'For the next page; null at the end.' })
  nextCursor!: string | null;
}

export function toTemplateResponse({ family, name, file }: Template): TemplateResponse {
  return Object.assign(toFileResponse(file), { family, name });
}

export function toTemplateRevisionsResponse({ revisions, ...template }: TemplateRevisions): TemplateRevisionsResponse {
  return Object.assign(toTemplateResponse(template), { revisions: revisions.map(toFileResponse) });
}
