import { BadRequestException, ValidationPipe, type PipeTransform, type ValidationPipeOptions } from '@nestjs/common';
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

/** Refuses what class-validator's whitelist takes for known because every object has it: `constructor`, `toString`. */
export class InheritedNamesPipe implements PipeTransform {
  transform(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const inherited = Object.keys(value).filter((name) => name in Object.prototype);
    if (inherited.length > 0)
      throw new BadRequestException(inherited.map((name) => `property ${name} should not exist`));
    return value;
  }
}

/** Checks values that do not come through a pipe, such as the fields of a form, as a query of this type. */
export async function checkQuery<T extends object>(
  type: ClassConstructor<T>,
  value: Readonly<Record<string, unknown>>,
): Promise<T> {
  return (await new ValidationPipe(OPTIONS).transform({ ...value }, { type: 'query', metatype: type })) as T;
}
