import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional, Matches, ValidateIf } from 'class-validator';
import { EmptyAsAbsent } from '../../http/index.js';
import { PageQuery } from '../../listing/index.js';
import { LinkQuery } from '../../uploads/index.js';
import { EXPORT_FAMILIES, EXPORT_KINDS, executiveSummary } from '../export-kinds.js';
import { BEFORE_THE_FILE } from './document.params.js';

const FAMILIES = EXPORT_KINDS.map(({ name }) => name);
const FAMILY_MESSAGE = { message: `family must be one of ${FAMILIES.join(', ')}` };
const LANGUAGE = { pattern: '^[A-Za-z]{2,3}$' };
export const LANGUAGE_MESSAGE = { message: 'language must be two or three letters, such as EN' };

/** Folder names count as the kinds that lie there. */
const AsKindName = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && Object.hasOwn(EXPORT_FAMILIES, value) ? EXPORT_FAMILIES[value]?.name : value,
  );
export const AsUpperCase = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toUpperCase() : value));

/** What an export is, as query parameters; what is not here may come as a form field before the file. */
export class ExportUploadQuery extends LinkQuery {
  @ApiPropertyOptional({ enum: FAMILIES, description: 'Required, here or as a form field before the file.' })
  @IsOptional()
  @AsKindName()
  @IsIn(FAMILIES, FAMILY_MESSAGE)
  family?: string;

  @ApiPropertyOptional({
    ...LANGUAGE,
    description: 'Required for executive summaries; of the other families it is kept as metadata.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @Matches(/^[A-Za-z]{2,3}$/, LANGUAGE_MESSAGE)
  language?: string;
}

/** What an export is, once all that says so has been read. */
export class ExportParameters {
  @AsKindName()
  @IsIn(FAMILIES, { message: `${FAMILY_MESSAGE.message}, ${BEFORE_THE_FILE}` })
  family!: string;

  @EmptyAsAbsent()
  @AsUpperCase()
  @ValidateIf(({ family, language }: ExportParameters) => language !== undefined || family === executiveSummary.name)
  @Matches(/^[A-Z]{2,3}$/, { message: `${LANGUAGE_MESSAGE.message}, ${BEFORE_THE_FILE}` })
  language?: string;
}

/** Which exports of a document are wanted. */
export class ListExportsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: FAMILIES, description: 'All families where absent.' })
  @EmptyAsAbsent()
  @IsOptional()
  @AsKindName()
  @IsIn(FAMILIES, FAMILY_MESSAGE)
  family?: string;

  @ApiPropertyOptional(LANGUAGE)
  @EmptyAsAbsent()
  @IsOptional()
  @AsUpperCase()
  @Matches(/^[A-Z]{2,3}$/, LANGUAGE_MESSAGE)
  language?: string;
}
