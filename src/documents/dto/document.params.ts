import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { OUTSIDE_ID } from '../../storage/index.js';

/** What a message adds where a parameter may be sent in either way. */
export const BEFORE_THE_FILE = 'sent as a query parameter, or as a form field before the file';

/** The id of a document in a path. */
export class DocumentIdParam {
  @ApiProperty({ example: 'charter-2026', pattern: `^${OUTSIDE_ID}$` })
  @Matches(new RegExp(`^${OUTSIDE_ID}$`), {
    message: 'id must be 1 to 64 letters, digits, _ and -, and begin with a letter or a digit',
  })
  id!: string;
}
