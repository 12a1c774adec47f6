import { ApiPropertyOptional } from '@nestjs/swagger';
import { FileResponse } from '../../files/index.js';
import { LinkResponse } from '../../links/index.js';

/** The record of a file that was just stored. */
export class StoredFileResponse extends FileResponse {
  @ApiPropertyOptional({
    type: LinkResponse,
    nullable: true,
    description:
      'With `?link=1`. Null when the link could not be made: the file is stored all the same, and POST /v1/files/{id}/links makes one later.',
  })
  link?: LinkResponse | null;
}
