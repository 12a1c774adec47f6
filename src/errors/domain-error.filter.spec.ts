import { Logger, type ArgumentsHost } from '@nestjs/common';
import { DomainErrorFilter } from './domain-error.filter.js';

/** The code of the answer to a request that ended with this. */
function answerTo(error: unknown): string {
  let answered = '';
  const itself = (): object => response;
  const response = {
    headersSent: false,
    status: itself,
    setHeader: itself,
    end: (payload: Buffer) => {
      answered = payload.toString();
    },
  };
  const http = { getRequest: () => ({ complete: true, headers: {} }), getResponse: () => response };
  const host = { switchToHttp: () => http } as Pick<ArgumentsHost, 'switchToHttp'> as ArgumentsHost;
  new DomainErrorFilter().catch(error, host);
  return (JSON.parse(answered) as { code: string }).code;
}

const failed = (code: string, message: string): Error => Object.assign(new Error(message), { code });

describe('an error that is not ours', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

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
