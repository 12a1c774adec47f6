import { BadRequestException, type PipeTransform } from '@nestjs/common';
import type { ClassConstructor } from 'class-transformer';
import { checkQuery } from '../http/index.js';

/**
 * Checks a body but for its `content`, which is passed on untouched: class-transformer would recurse into it, and leave out
 * properties called `constructor`.
 */
export class ContentBodyPipe<T extends object> implements PipeTransform<unknown, Promise<T>> {
  constructor(private readonly type: ClassConstructor<T>) {}

  async transform(body: unknown): Promise<T> {
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw new BadRequestException(['the body must be a JSON object']);
    const { content, ...rest } = body as Record<string, unknown>;
    return Object.assign(await checkQuery(this.type, rest), { content });
  }
}
