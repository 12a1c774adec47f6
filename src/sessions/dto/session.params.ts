import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID } from 'class-validator';
import { EmptyAsAbsent } from '../../http/index.js';
import { PageQuery } from '../../listing/index.js';
import { FormatFamily, IsOutsideId, OUTSIDE_ID_PATTERN } from '../../storage/index.js';
import { AsksForLink, LinkQuery } from '../../uploads/index.js';
import { AssetCategory } from '../session-kinds.js';

/** The id of a session in a path. */
export class SessionIdParam {
  @ApiProperty({ example: '42', pattern: OUTSIDE_ID_PATTERN })
  @IsOutsideId()
  id!: string;
}

/** A session, and the name of a file that is sent to it. */
export class SessionFileParam extends SessionIdParam {
  @ApiProperty({ example: 'interview.wav', description: 'Percent-encoded UTF-8; made safe as in forms.' })
  @IsString()
  filename!: string;
}

/** A session, and which of its assets. */
export class AssetsParam extends SessionIdParam {
  @ApiProperty({ enum: AssetCategory, enumName: 'AssetCategory' })
  @IsIn(Object.values(AssetCategory), { message: `category must be one of ${Object.values(AssetCategory).join(', ')}` })
  category!: AssetCategory;
}

/** What sort of original is sent. */
export class OriginalTypeQuery extends LinkQuery {
  @ApiPropertyOptional({ enum: FormatFamily, enumName: 'FormatFamily', default: FormatFamily.Audio })
  @IsIn(Object.values(FormatFamily), { message: `type must be one of ${Object.values(FormatFamily).join(', ')}` })
  type: FormatFamily = FormatFamily.Audio;
}

/** Which upload outside any session a file belongs to. */
export class ManualUploadQuery extends LinkQuery {
  @ApiPropertyOptional({
    pattern: OUTSIDE_ID_PATTERN,
    description: 'A new UUID where absent; `metadata.uploadId` of the answer has it.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @IsOutsideId()
  uploadId?: string;
}

/** Which quote a clip is of; it may also be a form field before the file. */
export class ClipQuery extends LinkQuery {
  @ApiPropertyOptional({
    pattern: OUTSIDE_ID_PATTERN,
    description: 'Required, here or as a form field before the file.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @IsOutsideId()
  quoteId?: string;
}

/** The same when the file arrives. */
export class ClipTarget {
  @IsOutsideId()
  quoteId!: string;
}

/** Of which recording. */
export class SourceQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Of this recording only: the id of an original.' })
  @EmptyAsAbsent()
  @IsOptional()
  @IsUUID(undefined, { message: 'sourceFileId must be the id of a file' })
  sourceFileId?: string;
}

/** How a transcript is posted. */
export class PostTranscriptQuery extends SourceQuery implements LinkQuery {
  @AsksForLink()
  link?: '0' | '1';
}

/** A page of what belongs to a session's recordings. */
export class ResultsQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Of this recording only: the id of an original.' })
  @EmptyAsAbsent()
  @IsOptional()
  @IsUUID(undefined, { message: 'sourceFileId must be the id of a file' })
  sourceFileId?: string;
}
