import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { FileCondition, FileStatus, ProcessingStatus } from '../../files/index.js';
import { EmptyAsAbsent } from '../../http/index.js';
import { IsOutsideId, OUTSIDE_ID_PATTERN } from '../../storage/index.js';
import { ListOrder, type FileQuery } from '../file-query.js';

/** What the list promises, for the API's description. */
export const LIST_FILES = [
  'Newest first; stored files unless `status` is given.',
  '`sessionId`, `documentId`, `ownerId`, `kind`, `status`, `createdFrom` and `createdTo` stand alone and go together: every page costs the same, however many files there are.',
  '`q` and `metadata` stand alone too, for stored and trashed files.',
  '`contentType`, `condition`, `processingStatus`, `minSizeBytes` and `maxSizeBytes` need one of `sessionId`, `documentId`, `ownerId` and `kind`; without one the answer is 400 FILTER_NEEDS_SCOPE.',
  'A page looks at no more than 5,000 files: where few of them match it is short, or empty, and has a `nextCursor` all the same.',
].join(' ');

/** A day in UTC, or an instant with its zone. */
const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;
/** No control characters: PostgreSQL keeps no NUL, and names have none. */
const PRINTABLE = /^\P{Cc}*$/u;

/** Where a page begins and how long it is. */
export class PageQuery {
  @ApiPropertyOptional({ description: 'From the page before: its `nextCursor`.' })
  @EmptyAsAbsent()
  @IsOptional()
  @IsString()
  @MaxLength(64)
  cursor?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit = 50;
}

/** Which files are wanted: all that every filter matches. */
export class ListFilesQuery extends PageQuery {
  @ApiPropertyOptional({
    enum: FileStatus,
    enumName: 'FileStatus',
    description: 'Stored files where absent. Stands alone, and goes with every other filter.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @IsIn(Object.values(FileStatus), { message: `status must be one of ${Object.values(FileStatus).join(', ')}` })
  status?: FileStatus;

  @ApiPropertyOptional({ description: 'Stands alone.' })
  @EmptyAsAbsent()
  @IsOptional()
  @Matches(/^[a-z][a-z0-9-]{0,63}$/, { message: 'kind must be the name of a kind of file' })
  kind?: string;

  @ApiPropertyOptional({ pattern: OUTSIDE_ID_PATTERN, description: 'Stands alone.' })
  @IsOptional()
  @IsOutsideId()
  sessionId?: string;

  @ApiPropertyOptional({ pattern: OUTSIDE_ID_PATTERN, description: 'Stands alone.' })
  @IsOptional()
  @IsOutsideId()
  documentId?: string;

  @ApiPropertyOptional({ pattern: OUTSIDE_ID_PATTERN, description: 'Stands alone.' })
  @IsOptional()
  @IsOutsideId()
  ownerId?: string;

  @ApiPropertyOptional({
    pattern: '^[a-z0-9.+-]+/([a-z0-9.+-]+|\\*)$',
    description: 'Exact, or a whole family. Within a session, document, owner or kind.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @MaxLength(128)
  @Matches(/^[a-z0-9.+-]+\/([a-z0-9.+-]+|\*)$/, { message: 'contentType must be like audio/wav or audio/*' })
  contentType?: string;

  @ApiPropertyOptional({
    enum: FileCondition,
    enumName: 'FileCondition',
    description: 'Within a session, document, owner or kind.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @IsIn(Object.values(FileCondition), {
    message: `condition must be one of ${Object.values(FileCondition).join(', ')}`,
  })
  condition?: FileCondition;

  @ApiPropertyOptional({
    enum: ProcessingStatus,
    enumName: 'ProcessingStatus',
    description: 'Within a session, document, owner or kind.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @IsIn(Object.values(ProcessingStatus), {
    message: `processingStatus must be one of ${Object.values(ProcessingStatus).join(', ')}`,
  })
  processingStatus?: ProcessingStatus;

  @ApiPropertyOptional({
    type: 'integer',
    format: 'int64',
    minimum: 0,
    description: 'Bytes, this many or more. Within a session, document, owner or kind.',
  })
  @WholeNumber()
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  minSizeBytes?: number;

  @ApiPropertyOptional({
    type: 'integer',
    format: 'int64',
    minimum: 0,
    description: 'Bytes, this many or less. Within a session, document, owner or kind.',
  })
  @WholeNumber()
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  maxSizeBytes?: number;

  @ApiPropertyOptional({
    pattern: INSTANT.source,
    description: 'Created at this instant or later: a day (UTC), or an instant with its zone. Stands alone.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @Matches(INSTANT, { message: 'createdFrom must be a day, or an instant with its zone: 2026-03-01T10:00:00Z' })
  @IsISO8601({ strict: true })
  createdFrom?: string;

  @ApiPropertyOptional({
    pattern: INSTANT.source,
    description: 'Created before this instant, which itself does not count. Stands alone.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @Matches(INSTANT, { message: 'createdTo must be a day, or an instant with its zone: 2026-03-01T10:00:00Z' })
  @IsISO8601({ strict: true })
  createdTo?: string;

  @ApiPropertyOptional({
    minLength: 3,
    maxLength: 255,
    description:
      'Part of the original name as it is written, whatever its case: `%`, `_` and `\\` mean themselves. Stands alone if it has three letters or digits in a row; on a database whose locale is C, as the embedded one is, of ASCII.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @IsString()
  @Length(3, 255, { message: 'q must have 3 to 255 characters' })
  @Matches(PRINTABLE, { message: 'q must not have control characters' })
  q?: string;

  @ApiPropertyOptional({
    type: [String],
    maxItems: 3,
    description:
      '`key=value`, exactly; the value may have further `=`. Up to three times, for files that have them all. Stands alone.',
  })
  @Transform(({ value }: { value: unknown }) =>
    value === '' ? undefined : typeof value === 'string' ? [value] : value,
  )
  @IsOptional()
  @ArrayMaxSize(3, { message: 'metadata may be given 3 times' })
  @IsString({ each: true })
  @MaxLength(1024, { each: true })
  @Matches(/^[^=]/, { each: true, message: 'metadata must be key=value' })
  @Matches(/=/, { each: true, message: 'metadata must be key=value' })
  @Matches(PRINTABLE, { each: true, message: 'metadata must not have control characters' })
  metadata?: string[];

  @ApiPropertyOptional({
    enum: ListOrder,
    enumName: 'ListOrder',
    default: ListOrder.Descending,
    description: 'By creation.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @IsIn(Object.values(ListOrder), { message: 'order must be asc or desc' })
  order?: ListOrder;
}

/** The query as the list takes it. */
export function toFileQuery({ createdFrom, createdTo, metadata, ...rest }: ListFilesQuery): FileQuery {
  return {
    ...rest,
    ...(createdFrom !== undefined && { createdFrom: new Date(createdFrom) }),
    ...(createdTo !== undefined && { createdTo: new Date(createdTo) }),
    ...(rest.q !== undefined && { q: rest.q.normalize('NFC') }),
    ...(metadata !== undefined && { metadata: metadata.map(toPair) }),
  };
}

function toPair(text: string): { readonly key: string; readonly value: string } {
  const equalsSign = text.indexOf('=');
  return { key: text.slice(0, equalsSign), value: text.slice(equalsSign + 1) };
}

/** `?minSizeBytes=` says nothing, and is not zero. */
function WholeNumber(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (value === '' ? undefined : Number(value)));
}
