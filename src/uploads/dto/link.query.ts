import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { IfPresent } from '../../http/index.js';

/** Declares `link` on a query: whether the answer to an upload has a link. */
export function AsksForLink(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      enum: ['0', '1'],
      default: '0',
      description: '`1` adds a link to the answer; null where the file was stored and the link could not be made.',
    }),
    IfPresent(),
    IsIn(['0', '1'], { message: 'link must be 0 or 1' }),
  );
}

/** Whether the answer to an upload has a link. */
export class LinkQuery {
  @AsksForLink()
  link?: '0' | '1';
}
