import { ValidationPipe, type ValidationPipeOptions } from '@nestjs/common';
import type { ClassConstructor } from 'class-transformer';

const OPTIONS: ValidationPipeOptions = {
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: true,
};

/** The application's one validation: unknown properties are refused, values become what their DTO says. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe(OPTIONS);
}

/** Checks values that do not come through a pipe, such as the fields of a form, as a query of this type. */
export async function checkQuery<T extends object>(
  type: ClassConstructor<T>,
  value: Readonly<Record<string, unknown>>,
): Promise<T> {
  return (await new ValidationPipe(OPTIONS).transform({ ...value }, { type: 'query', metatype: type })) as T;
}
