import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { EmptyAsAbsent } from '../../http/index.js';
import { FileStatus } from '../stored-file.entity.js';

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

/** Which files are wanted. */
export class ListFilesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: FileStatus, enumName: 'FileStatus', description: 'Stored files where absent.' })
  @EmptyAsAbsent()
  @IsOptional()
  @IsIn(Object.values(FileStatus), { message: `status must be one of ${Object.values(FileStatus).join(', ')}` })
  status?: FileStatus;

  @ApiPropertyOptional({ description: 'The name of a kind: GET /v1/kinds lists them.' })
  @EmptyAsAbsent()
  @IsOptional()
  @Matches(/^[a-z][a-z0-9-]{0,63}$/, { message: 'kind must be the name of a kind of file' })
  kind?: string;
}
