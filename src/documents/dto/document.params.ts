import { ApiProperty } from '@nestjs/swagger';
import { IsOutsideId, OUTSIDE_ID_PATTERN } from '../../storage/index.js';

/** What a message adds where a parameter may be sent in either way. */
export const BEFORE_THE_FILE = 'sent as a query parameter, or as a form field before the file';

/** The id of a document in a path. */
export class DocumentIdParam {
  @ApiProperty({ example: 'charter-2026', pattern: OUTSIDE_ID_PATTERN })
  @IsOutsideId()
  id!: string;
}
