import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional, IsString, Length } from 'class-validator';
import { EmptyAsAbsent } from '../../http/index.js';

const SWITCH: Readonly<Record<string, boolean>> = { '': false, '0': false, '1': true };

/** How the bytes of a file shall come. */
export class ContentQuery {
  @ApiPropertyOptional({
    type: 'string',
    enum: ['0', '1'],
    default: '0',
    description: '`1` streams through the service; else the answer leads to a link that lasts a minute.',
  })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? (SWITCH[value] ?? value) : value))
  @IsBoolean({ message: 'proxy must be 0 or 1' })
  proxy = false;

  @ApiPropertyOptional({
    enum: ['attachment', 'inline'],
    default: 'attachment',
    description: 'Save the file, or show it. HTML, SVG and XML are only ever saved.',
  })
  @EmptyAsAbsent()
  @IsOptional()
  @IsIn(['attachment', 'inline'])
  disposition?: 'attachment' | 'inline';

  @ApiPropertyOptional({ minLength: 1, maxLength: 255, description: 'In place of the original name.' })
  @EmptyAsAbsent()
  @IsOptional()
  @IsString()
  @Length(1, 255)
  filename?: string;
}
