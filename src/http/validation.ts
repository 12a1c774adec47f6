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

/** What Nest's validation takes out of a body, however deep, without a word. */
const STRIPPED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Refuses what class-validator's whitelist takes for known because every object has it: `constructor`, `toString`; and, further
 * down in a body that becomes a DTO, what would be taken out in silence. How deep a body may be was seen before it was parsed.
 */
export class InheritedNamesPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: Pick<ArgumentMetadata, 'type' | 'metatype'>): unknown {
    if (typeof value !== 'object' || value === null) return value;
    refuse(Object.keys(value).filter((name) => name in Object.prototype));
    if (type === 'body' && metatype !== Object) walk(value);
    return value;
  }
}

function walk(body: object): void {
  for (let level: object[] = [body]; level.length > 0; level = level.flatMap(objectsIn)) {
    for (const value of level) refuse(Object.keys(value).filter((name) => STRIPPED.has(name)));
  }
}

function objectsIn(value: object): object[] {
  return Object.values(value).filter((inner: unknown): inner is object => typeof inner === 'object' && inner !== null);
}

function refuse(names: readonly string[]): void {
  if (names.length > 0) throw new BadRequestException(names.map((name) => `property ${name} should not exist`));
}

/** As `checkQuery`, of what will be said in full only later: nothing has to be there. */
export async function checkPart<T extends object>(
  type: ClassConstructor<T>,
  value: Readonly<Record<string, unknown>>,
): Promise<void> {
  const pipe = new ValidationPipe({ ...OPTIONS, skipMissingProperties: true });
  await pipe.transform({ ...value }, { type: 'query', metatype: type });
}

/** Checks values that do not come through a pipe, such as the fields of a form, as a query of this type. */
export async function checkQuery<T extends object>(
  type: ClassConstructor<T>,
  value: Readonly<Record<string, unknown>>,
): Promise<T> {
  return (await new ValidationPipe(OPTIONS).transform({ ...value }, { type: 'query', metatype: type })) as T;
}
