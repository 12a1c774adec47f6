import type { LoggerService } from '@nestjs/common';

/** Nest's part that logs what is then thrown: the command tells it once, in its own words. */
const THROWN_TOO = 'ExceptionHandler';

/** Warnings and errors go to the standard error; the standard output is the command's report alone. */
export class StderrLogger implements LoggerService {
  log(): void {
    return;
  }

  warn(message: unknown, ...rest: readonly unknown[]): void {
    this.write('warning', message, rest);
  }

  error(message: unknown, ...rest: readonly unknown[]): void {
    this.write('error', message, rest);
  }

  private write(level: string, message: unknown, rest: readonly unknown[]): void {
    if (rest.includes(THROWN_TOO)) return;
    const words = [message, ...rest].filter((word) => word !== undefined);
    const text = words.map((word) => (typeof word === 'string' ? word : describe(word))).join(' ');
    process.stderr.write(`${level}: ${text}\n`);
  }
}

function describe(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (inner instanceof Error ? inner.message : inner));
}
