import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
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
import { MAX_PARTS } from '../../storage/index.js';

/** A checksum of the whole file. */
export class ChecksumRequest {
  @ApiProperty({
    example: 'SHA256',
    description: 'SHA256 for an upload in one request; CRC32 or CRC64NVME for one in parts.',
  })
  @IsString()
  @MaxLength(16)
  algorithm!: string;

  @ApiProperty({ example: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', description: 'Base64, as S3 writes it.' })
  @IsString()
  @MaxLength(128)
  value!: string;
}

/** What every upload straight to the store names; besides it the parameters of its kind. */
export class OpenUploadRequest {
  @ApiProperty({ example: 'session-original', description: 'The kind of file.' })
  @IsString()
  @MinLength(1)
  @MaxLength(64)
  kind!: string;

  @ApiProperty({ example: 'interview.wav', maxLength: 1024 })
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  filename!: string;

  @ApiProperty({ type: 'integer', format: 'int64', minimum: 1, example: 176444, description: 'Bytes.' })
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  size!: number;

  @ApiPropertyOptional({
    example: 'audio/wav',
    description: 'Of no effect: the name says what is signed, and the bytes what is stored.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  contentType?: string;

  @ApiPropertyOptional({ type: ChecksumRequest })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ChecksumRequest)
  checksum?: ChecksumRequest;

  @ApiPropertyOptional({
    default: false,
    description: "Whether a browser's form is to send it: the answer has `method` POST and `fields`.",
  })
  @IsOptional()
  @IsBoolean()
  form?: boolean;
}

/** Which parts to sign. */
export class SignPartsRequest {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MAX_PARTS, example: 101 })
  @IsInt()
  @Min(1)
  @Max(MAX_PARTS)
  from!: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 1, example: 100 })
  @IsInt()
  @Min(1)
  @Max(100)
  count = 1;
}

/** A part as its sender knows it. */
export class CompletedPartRequest {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MAX_PARTS, example: 1 })
  @IsInt()
  @Min(1)
  @Max(MAX_PARTS)
  partNumber!: number;

  @ApiProperty({ example: '"5eb63bbbe01eeed093cb22bb8f5acdc3"', description: 'With or without its quotes.' })
  @IsString()
  @MaxLength(128)
  etag!: string;
}

/** What its sender says when all was sent; nothing has to be said. */
export class CompleteUploadRequest {
  @ApiPropertyOptional({
    type: [CompletedPartRequest],
    maxItems: MAX_PARTS,
    description: 'The parts that make the file, in ascending order; all that were sent where absent.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_PARTS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => CompletedPartRequest)
  parts?: CompletedPartRequest[];

  @ApiPropertyOptional({ type: ChecksumRequest, description: 'Counts before the one that the upload was opened with.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ChecksumRequest)
  checksum?: ChecksumRequest;
}
