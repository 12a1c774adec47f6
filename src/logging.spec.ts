import { PassThrough } from 'node:stream';
import { pinoHttp } from 'pino-http';
import type { Options } from 'pino-http';
import type { AppConfig } from './config/index.js';
import { loggerParams, withoutSecrets } from './logging.js';

describe('the log', () => {
  it('has of an error its type, code, stack and causes, and nothing else that hangs on it', () => {
    const lines = new PassThrough();
    const { logger } = pinoHttp(loggerParams({ logLevel: 'info' } as AppConfig).pinoHttp as Options, lines);
    const cause = Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED', password: 'secret' });
    logger.error({ err: new TypeError('no answer', { cause }) }, 'it failed');
    const text = String(lines.read());
    expect(JSON.parse(text)).toMatchObject({
      msg: 'it failed',
      err: {
        type: 'TypeError',
        message: 'no answer',
        stack: expect.stringContaining('logging.spec'),
        cause: { code: 'ECONNREFUSED', message: 'connection refused' },
      },
    });
    expect(text).not.toContain('secret');
  });
});

describe('withoutSecrets', () => {
  it.each([
    ['/v1/files?limit=5', '/v1/files?limit=5'],
    ['/objects/a.wav?X-Amz-Date=1&X-Amz-Signature=beef&x=1', '/objects/a.wav?X-Amz-Date=1&X-Amz-Signature=***&x=1'],
    [
      '/a?x-amz-signature=1&X-Amz-Credential=2&X-Amz-Security-Token=3',
      '/a?x-amz-signature=***&X-Amz-Credential=***&X-Amz-Security-Token=***',
    ],
    ['/a?Signature=1&Policy=2&Key-Pair-Id=3', '/a?Signature=***&Policy=***&Key-Pair-Id=***'],
    ['/a?X-Amz-%53ignature=1', '/a?X-Amz-%53ignature=***'],
    ['/a?%zz=1', '/a?%zz=1'],
    ['/a?X-Amz-Signature[]=x', '/a?X-Amz-Signature[]=***'],
    ['/a?api_key=1&access_token=2', '/a?api_key=***&access_token=***'],
    ['/v1/s3/t/cs_upload_eyJzdWIiOiJ4In0abc-_/s3/multipart?x=1', '/v1/s3/t/***/s3/multipart?x=1'],
    ['/v1/S3/t/%63s_upload_abc', '/v1/S3/t/***'],
    ['/nope/cs_0123456789abcdefghijABCDEFGHIJ0123456789abc', '/nope/cs_***'],
  ])('writes %s as %s', (url, logged) => {
    expect(withoutSecrets(url)).toBe(logged);
  });
});
