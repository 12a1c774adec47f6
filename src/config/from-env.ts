import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync } from 'class-validator';

/** The environment says something the service cannot start with; the message names each variable. */
export class InvalidEnvironmentError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'InvalidEnvironmentError';
  }
}

/** Reads one group of environment variables into a checked, typed object. An empty variable counts as not set. */
export function fromEnv<T extends object>(type: ClassConstructor<T>, env: NodeJS.ProcessEnv = process.env): T {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const value = plainToInstance(type, given, { excludeExtraneousValues: true, exposeDefaultValues: true });
  const problems = validateSync(value, { forbidUnknownValues: true }).flatMap((error) =>
    Object.values(error.constraints ?? {}),
  );
  if (problems.length > 0) throw new InvalidEnvironmentError(problems);
  return value;
}
