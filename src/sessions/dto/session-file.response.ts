import { ApiPropertyOptional } from '@nestjs/swagger';
import { FileResponse, LinkResponse } from '../../files/index.js';

/** The record of a file that was just stored. */
export class StoredFileResponse extends FileResponse {
  @ApiPropertyOptional({ type: LinkResponse, description: 'With `?link=1`.' })
  link?: LinkResponse;
}
