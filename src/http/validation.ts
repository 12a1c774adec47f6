import {
  BadRequestException,
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
  type ValidationPipeOptions,
} from '@nestjs/common';
import type { ClassConstructor } from 'class-transformer';

const OPTIONS: ValidationPipeOptions = {
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
};

/** The application's one validation: unknown properties are refused, values become what their DTO says. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe(OPTIONS);
}

/** Deeper than anything that is asked for here, and shallow enough for whoever walks it by recursion. */
const MAX_DEPTH = 64;

/** What Nest's validation takes out of a body, however deep, without a word. */
const STRIPPED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Refuses what class-validator's whitelist takes for known because every object has it: `constructor`, `toString`. Further down
 * in a body it refuses what would be taken out in silence, and a depth that only an attack has.
 */
export class InheritedNamesPipe implements PipeTransform {
  transform(value: unknown, { type }: Pick<ArgumentMetadata, 'type'>): unknown {
    if (typeof value !== 'object' || value === null) return value;
    refuse(Object.keys(value).filter((name) => name in Object.prototype));
    if (type === 'body') walk(value);
    return value;
  }
}

function walk(body: object): void {
  let level: object[] = [body];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) throw new BadRequestException([`the body must be nested at most ${MAX_DEPTH} deep`]);
    for (const value of level) refuse(Object.keys(value).filter((name) => STRIPPED.has(name)));
    level = level.flatMap((value) =>
      Object.values(value).filter((inner: unknown): inner is object => typeof inner === 'object' && inner !== null),
    );
  }
}

function refuse(names: readonly string[]): void {
  if (names.length > 0) throw new BadRequestException(names.map((name) => `property ${name} should not exist`));
}

/** Checks values that do not come through a pipe, such as the fields of a form, as a query of this type. */
export async function checkQuery<T extends object>(
  type: ClassConstructor<T>,
  value: Readonly<Record<string, unknown>>,
): Promise<T> {
  return (await new ValidationPipe(OPTIONS).transform({ ...value }, { type: 'query', metatype: type })) as T;
}
