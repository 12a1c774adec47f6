import { ApiProperty } from '@nestjs/swagger';
import { IsUUID } from 'class-validator';

/** The id of a file in a path. */
export class FileIdParam {
  @ApiProperty({ format: 'uuid', example: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a' })
  @IsUUID(undefined, { message: 'id must be the UUID of a file' })
  id!: string;
}
