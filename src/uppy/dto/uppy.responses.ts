import { ApiProperty } from '@nestjs/swagger';
import type { Upload } from '../../direct-uploads/index.js';
import type { SignedForm, UploadedPart } from '../../storage/index.js';

/** Where and how to send a file in one request. */
export class UppyFormResponse {
  @ApiProperty({ enum: ['POST'] })
  method!: 'POST';

  @ApiProperty({ format: 'uri', description: 'It is a secret, with the fields.' })
  url!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'To be sent before the file, which is in the field `file`; among them `key`.',
  })
  fields!: Readonly<Record<string, string>>;

  @ApiProperty({ type: 'integer', example: 3600, description: 'Seconds.' })
  expires!: number;

  @ApiProperty({ format: 'uuid', description: 'The record of the file: `pending` until it is finalized.' })
  fileId!: string;
}

/** An upload in parts that has begun. */
export class UppyMultipartResponse {
  @ApiProperty({ example: 'audio-files/manual-uploads/7/interview.wav' })
  key!: string;

  @ApiProperty()
  uploadId!: string;

  @ApiProperty({ example: 'ysi-catalyst-storage' })
  bucket!: string;

  @ApiProperty({ format: 'uuid', description: 'The record of the file: `pending` until the upload is completed.' })
  fileId!: string;
}

/** Where to send a part. */
export class UppyPartUrlResponse {
  @ApiProperty({ format: 'uri', description: 'To be sent to by PUT. It is a secret.' })
  url!: string;

  @ApiProperty({ type: 'integer', example: 3600, description: 'Seconds.' })
  expires!: number;
}

/** Where to send several. */
export class UppyBatchResponse {
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, description: 'URLs by part number.' })
  presignedUrls!: Readonly<Record<string, string>>;
}

/** A part that the store has. */
export class UppyPartResponse {
  @ApiProperty({ type: 'integer', example: 1 })
  PartNumber!: number;

  @ApiProperty({ example: '"5eb63bbbe01eeed093cb22bb8f5acdc3"' })
  ETag!: string;

  @ApiProperty({ type: 'integer', format: 'int64', example: 10485760, description: 'Bytes.' })
  Size!: number;
}

/** A file that has come. */
export class UppyCompletedResponse {
  @ApiProperty({ format: 'uri', example: 'http://127.0.0.1:3000/v1/files/019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6b' })
  location!: string;

  @ApiProperty({ example: 'audio-files/manual-uploads/7/interview.wav' })
  key!: string;

  @ApiProperty({ example: 'ysi-catalyst-storage' })
  bucket!: string;

  @ApiProperty({ format: 'uuid' })
  fileId!: string;
}

export function toFormResponse(upload: Upload, form: SignedForm, expires: number): UppyFormResponse {
  return { method: 'POST', url: form.url, fields: form.fields, expires, fileId: upload.fileId };
}

export function toPartResponse({ partNumber, etag, sizeBytes }: UploadedPart): UppyPartResponse {
  return { PartNumber: partNumber, ETag: `"${etag}"`, Size: sizeBytes };
}
