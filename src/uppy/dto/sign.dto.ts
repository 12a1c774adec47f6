import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { IsPlainText } from '../../http/index.js';
import { MAX_PARTS } from '../../storage/index.js';

export const SIGNABLE_METHODS = ['PUT', 'POST', 'GET', 'DELETE'] as const;

/** A request to S3 that Uppy's `signRequest` is asked to sign; besides it what the app says of the file. */
export class SignRequest {
  @ApiProperty({ enum: SIGNABLE_METHODS, example: 'POST' })
  @IsIn(SIGNABLE_METHODS)
  method!: (typeof SIGNABLE_METHODS)[number];

  @ApiProperty({
    example: 'interview.wav',
    maxLength: 1024,
    description: 'Of an upload that begins, whatever Uppy made up: the key is ours, and in the answer. Later that one.',
  })
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  @IsPlainText()
  key!: string;

  @ApiPropertyOptional({ example: 'audio/wav', description: 'Taken note of by nobody.' })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  contentType?: string;

  @ApiPropertyOptional({ description: 'As S3 names the upload, once it has begun.' })
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  @IsPlainText()
  uploadId?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_PARTS })
  @IsOptional()
  @IsInt()
  partNumber?: number;

  @ApiPropertyOptional({
    maxLength: 1024,
    example: 'interview.wav',
    description: "The file's name; where absent, the end of the key, without the UUID that Uppy puts before it.",
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  filename?: string;
}

/** The request, signed, as Uppy's `signRequest` is to return it. */
export class SignedResponse {
  @ApiProperty({ format: 'uri', description: 'It is a secret.' })
  url!: string;

  @ApiPropertyOptional({ description: 'Of an upload that begins: its key, in place of the one that was asked for.' })
  key?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'To be sent exactly so.',
  })
  headers?: Readonly<Record<string, string>>;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Of a form, in place of a PUT: its fields.',
  })
  fields?: Readonly<Record<string, string>>;
}
