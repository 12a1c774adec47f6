import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { IsOutsideId, OUTSIDE_ID_PATTERN } from '../../storage/index.js';

/** The id of a user, a stakeholder or an organisation in a path. */
export class PictureOwnerParam {
  @ApiProperty({ example: '42', pattern: OUTSIDE_ID_PATTERN })
  @IsOutsideId()
  id!: string;
}

const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

/** One file of one revision of a picture, as answers write it into `url` and `thumbnailUrl`. */
export class PictureNameParam {
  @ApiProperty({ format: 'uuid', example: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a' })
  @Matches(new RegExp(UUID), { message: 'revisionId must be a UUID' })
  revisionId!: string;

  @ApiProperty({ example: 'profile.jpg', pattern: '^[a-z_]{1,32}\\.(jpg|png)$' })
  @Matches(/^[a-z_]{1,32}\.(jpg|png)$/, { message: 'name must be that of a picture, such as profile.jpg' })
  name!: string;
}
