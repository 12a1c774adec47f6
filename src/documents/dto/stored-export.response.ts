import { ApiPropertyOptional } from '@nestjs/swagger';
import { FileResponse, LinkResponse } from '../../files/index.js';

/** The record of an export that was just stored. */
export class StoredExportResponse extends FileResponse {
  @ApiPropertyOptional({ type: LinkResponse, description: 'With `?link=1`.' })
  link?: LinkResponse;
}
