import type { ArgumentsHost } from '@nestjs/common';
import { StoreUnavailableError } from '../object-storage/index.js';
import { QuotaExceededError } from '../usage/index.js';
import { TusErrorFilter } from './tus-error.filter.js';
import { UploadGoneError } from './tus.errors.js';

function statusOf(method: string, error: unknown): number | undefined {
  let told: number | undefined;
  const response = {
    headersSent: false,
    status: (status: number) => {
      told = status;
      return response;
    },
    setHeader: () => response,
    end: () => response,
  };
  const request = { method, headers: {}, complete: true, id: 'request' };
  const host = { switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }) };
  new TusErrorFilter().catch(error, host as unknown as ArgumentsHost);
  return told;
}

describe('TusErrorFilter', () => {
  it('tells who asks for the offset to ask again, where something is away', () => {
    expect(statusOf('HEAD', new StoreUnavailableError('HeadObject'))).toBe(423);
    expect(statusOf('HEAD', new Error('a fault of ours'))).toBe(423);
  });

  it('leaves everything else as it is', () => {
    expect(statusOf('PATCH', new StoreUnavailableError('UploadPart'))).toBe(503);
    expect(statusOf('HEAD', new UploadGoneError({ status: 'expired', reason: null }))).toBe(410);
    const reading = { scope: 'owner', quotaBytes: 1, usedBytes: 1, reservedBytes: 0 } as const;
    expect(statusOf('HEAD', new QuotaExceededError(reading))).toBe(507);
  });
});
