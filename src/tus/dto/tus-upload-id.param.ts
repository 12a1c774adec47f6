import { ApiProperty } from '@nestjs/swagger';
import { IsUUID } from 'class-validator';

/** The id of an upload over tus, as the Location of its creation ends. */
export class TusUploadIdParam {
  @ApiProperty({ format: 'uuid', example: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6b' })
  @IsUUID(undefined, { message: 'id must be the UUID of an upload' })
  id!: string;
}
