import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { FormatFamily, OUTSIDE_ID } from '../../storage/index.js';

/** The id of a session in a path. */
export class SessionIdParam {
  @ApiProperty({ example: '42', pattern: `^${OUTSIDE_ID}$` })
  @Matches(new RegExp(`^${OUTSIDE_ID}$`), {
    message: 'id must be 1 to 64 letters, digits, _ and -, and begin with a letter or a digit',
  })
  id!: string;
}

/** What sort of original is sent. */
export class OriginalTypeQuery {
  @ApiPropertyOptional({ enum: FormatFamily, enumName: 'FormatFamily', default: FormatFamily.Audio })
  @IsIn(Object.values(FormatFamily), { message: `type must be one of ${Object.values(FormatFamily).join(', ')}` })
  type: FormatFamily = FormatFamily.Audio;

  @ApiPropertyOptional({ enum: ['0', '1'], default: '0', description: '`1` adds a link to the answer.' })
  @IsOptional()
  @IsIn(['0', '1'], { message: 'link must be 0 or 1' })
  link?: '0' | '1';
}
