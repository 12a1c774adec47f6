import type { ArgumentsHost } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { DomainErrorFilter } from './domain-error.filter.js';

/** The code of the answer to a request that ended with this. */
function answerTo(error: unknown): string {
  let answered = '';
  const response = {
    headersSent: false,
    status: () => response,
    setHeader: () => response,
    end: (payload: Buffer) => (answered = payload.toString()),
  };
  const request = { complete: true, headers: {} };
  const http = { getRequest: () => request, getResponse: () => response };
  new DomainErrorFilter().catch(error, { switchToHttp: () => http } as unknown as ArgumentsHost);
  return (JSON.parse(answered) as { code: string }).code;
}

const failed = (code: string, message: string): Error => Object.assign(new Error(message), { code });

describe('an error that is not ours', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it.each([
    ['08006', 'connection failure'],
    ['08P01', 'query_wait_timeout'],
    ['57P01', 'terminating connection due to administrator command'],
    ['ECONNREFUSED', 'connect ECONNREFUSED'],
  ])('is an outage of the database where that is away: %s %s', (code, message) => {
    const error = new Error('query failed', { cause: failed(code, message) });
    expect(answerTo(error)).toBe('DATABASE_UNAVAILABLE');
  });

  it.each([
    ['08P01', 'invalid message format'],
    ['22021', 'invalid byte sequence for encoding "UTF8": 0x00'],
  ])('is a fault of the service where the database refuses what it was sent: %s %s', (code, message) => {
    const error = new Error('query failed', { cause: failed(code, message) });
    expect(answerTo(error)).toBe('INTERNAL_ERROR');
  });
});
