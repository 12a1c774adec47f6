import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { IsPlainText } from '../../http/index.js';
import { MAX_PARTS } from '../../storage/index.js';

/** As many as one request may ask for. */
const MAX_BATCH = 100;
const METADATA = {
  type: 'object',
  additionalProperties: true,
  description:
    "The file's `meta`: `kind`, `size` in bytes (nothing where it is not known), and the parameters of the kind, such as `sessionId`. What the kind does not know is ignored.",
  example: { sessionId: '42' },
} as const;

/** A file that Uppy is about to send in parts. */
export class BeginMultipartRequest {
  @ApiProperty({ example: 'interview.wav', maxLength: 1024 })
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  filename!: string;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    example: 'audio/wav',
    description: 'Taken note of by nobody.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  type?: string | null;

  @ApiPropertyOptional(METADATA)
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown>;
}

/** The store's name of an upload, in a path. */
export class UploadIdParam {
  @ApiProperty({ example: '2~4rDzV0rhDpAvJkzqTxpVbGmBcSzMrJ9', description: 'As it was answered.' })
  @IsString()
  @MaxLength(1024)
  @IsPlainText()
  uploadId!: string;
}

/** A part of an upload, in a path. */
export class PartParam extends UploadIdParam {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MAX_PARTS, example: 1 })
  @Type(() => Number)
  @IsInt()
  partNumber!: number;
}

/** The key of an upload. */
export class KeyQuery {
  @ApiProperty({ example: 'audio-files/manual-uploads/7/interview.wav', description: 'As it was answered.' })
  @IsString({ message: 'key must be the key that the upload was answered with' })
  @MinLength(1)
  @MaxLength(1024)
  @IsPlainText()
  key!: string;
}

/** Which parts to sign. */
export class BatchQuery extends KeyQuery {
  @ApiProperty({ type: 'string', example: '1,2', description: `At most ${MAX_BATCH} numbers.` })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',').map(Number) : value))
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BATCH)
  partNumbers!: number[];
}

/** A part as Uppy knows it. */
export class UppyPartRequest {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MAX_PARTS, example: 1 })
  @IsInt()
  @Min(1)
  @Max(MAX_PARTS)
  PartNumber!: number;

  @ApiProperty({ example: '"5eb63bbbe01eeed093cb22bb8f5acdc3"', description: 'With or without its quotes.' })
  @IsString()
  @MaxLength(128)
  ETag!: string;
}

/** All parts of an upload. */
export class CompleteMultipartRequest {
  @ApiProperty({ type: [UppyPartRequest], maxItems: MAX_PARTS })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_PARTS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => UppyPartRequest)
  parts!: UppyPartRequest[];
}

/** What was sent. */
export class FinalizeRequest {
  @ApiPropertyOptional({ example: 'temp/uploads/019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6b/interview.wav' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  @IsPlainText()
  key?: string;
}

/** The same in the query. */
export class FinalizeQuery {
  @ApiPropertyOptional({ description: 'In place of the body.' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  @IsPlainText()
  key?: string;
}
