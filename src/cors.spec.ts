import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { Request } from 'express';
import { corsOf } from './cors.js';

function optionsFor(origins: readonly string[], headers: Readonly<Record<string, string>>): CorsOptions | undefined {
  let found: CorsOptions | undefined;
  corsOf(origins)({ headers } as unknown as Request, (_, options) => {
    found = options;
  });
  return found;
}

describe('corsOf', () => {
  it('lets everybody in by name of nobody, and then takes no cookies along', () => {
    const options = optionsFor(['*'], { origin: 'https://anybody.example' });
    expect(options).toMatchObject({ origin: '*', credentials: false });
  });

  it('allows of the headers asked for those that clients of uploads send', () => {
    const asked = 'Authorization, X-API-Key,upload-offset,Tus-Resumable,x-amz-checksum-sha256,x-amz-,cookie,x-other,';
    const options = optionsFor(['https://a.example'], {
      origin: 'https://a.example',
      'access-control-request-headers': asked,
    });
    expect(options).toMatchObject({
      credentials: true,
      allowedHeaders: ['authorization', 'x-api-key', 'upload-offset', 'tus-resumable', 'x-amz-checksum-sha256'],
    });
  });

  it.each([{}, { origin: 'https://b.example' }, { origin: 'null' }, { origin: 'https://a.example.evil.example' }])(
    'says nothing to %j',
    (headers) => {
      expect(optionsFor(['https://a.example'], headers)).toEqual({ origin: false });
    },
  );
});
