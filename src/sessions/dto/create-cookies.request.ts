import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { GrantRequest } from '../../links/index.js';
import { FormatFamily } from '../../storage/index.js';

/** What the cookies shall open. */
export class CreateCookiesRequest extends GrantRequest {
  @ApiPropertyOptional({
    enum: FormatFamily,
    enumName: 'FormatFamily',
    default: FormatFamily.Audio,
    description: 'Whose originals; `audio` also opens results, clips and transcripts, which lie beside them.',
  })
  @IsIn(Object.values(FormatFamily), { message: `type must be one of ${Object.values(FormatFamily).join(', ')}` })
  type: FormatFamily = FormatFamily.Audio;
}
