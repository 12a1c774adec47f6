import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { EmptyAsAbsent } from '../../http/index.js';
import { PageQuery } from '../../listing/index.js';
import { IsOutsideId, OUTSIDE_ID_PATTERN } from '../../storage/index.js';
import { BEFORE_THE_FILE, DocumentIdParam } from './document.params.js';

const VERSION = /^[1-9][0-9]{0,8}$/;
const VERSION_MESSAGE = { message: 'version must be a whole number from 1 to 999999999' };
const ELSEWHERE = 'Required, here or as a form field before the file.';

/** A version of a document's charter in a path. */
export class CharterVersionParam extends DocumentIdParam {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 999_999_999, example: 3 })
  @Matches(VERSION, VERSION_MESSAGE)
  version!: string;
}

/** What is published as what; what is not here may come as a form field before the file. */
export class PublishQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 999_999_999, description: ELSEWHERE })
  @IsOptional()
  @Matches(VERSION, VERSION_MESSAGE)
  version?: string;

  @ApiPropertyOptional({
    pattern: OUTSIDE_ID_PATTERN,
    description: ELSEWHERE,
  })
  @IsOptional()
  @IsOutsideId()
  slug?: string;
}

/** What is published as what, once all that says so has been read. */
export class PublishParameters {
  @Matches(VERSION, { message: `${VERSION_MESSAGE.message}, ${BEFORE_THE_FILE}` })
  version!: string;

  @IsOutsideId(BEFORE_THE_FILE)
  slug!: string;
}

/** Which publications of a document are wanted. */
export class ListPublicationsQuery extends PageQuery {
  @ApiPropertyOptional({
    enum: ['0', '1'],
    description: '`1` for what readers get now, `0` for what was replaced or deleted.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @IsIn(['0', '1'], { message: 'current must be 0 or 1' })
  current?: '0' | '1';
}
