import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';

/** Which captions are sent. */
export class CaptionsQuery {
  @ApiProperty({ example: 'EN', pattern: '^[A-Z]{2,3}$', description: 'ISO 639, in capitals.' })
  @Matches(/^[A-Z]{2,3}$/, { message: 'language must be two or three capital letters, as EN' })
  language!: string;
}
