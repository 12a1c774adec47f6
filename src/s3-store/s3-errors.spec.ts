import { S3ServiceException } from '@aws-sdk/client-s3';
import { attemptsOf, s3Code, translateS3Error } from './s3-errors.js';
import {
  ArchivedError,
  BucketMissingError,
  ChecksumMismatchError,
  InvalidPartError,
  KeyTakenError,
  ObjectMissingError,
  RangeNotSatisfiableError,
  StoreFullError,
  StoreRefusedError,
  StoreUnavailableError,
  UploadMissingError,
} from '../object-storage/index.js';

function answer(status: number, name: string, attempts = 1): S3ServiceException {
  return new S3ServiceException({
    name,
    message: name,
    $fault: status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: status, attempts },
  });
}

const request = { operation: 'GetObject', bucket: 'bucket', key: 'key' };

describe('translateS3Error', () => {
  it.each([
    [404, 'NoSuchKey', ObjectMissingError],
    [404, 'NotFound', ObjectMissingError],
    [404, 'NoSuchBucket', BucketMissingError],
    [404, 'NoSuchUpload', UploadMissingError],
    [404, 'PageOfAProxy', StoreUnavailableError],
    [412, 'PreconditionFailed', KeyTakenError],
    [409, 'ConditionalRequestConflict', KeyTakenError],
    [409, 'OperationAborted', StoreUnavailableError],
    [416, 'InvalidRange', RangeNotSatisfiableError],
    [400, 'InvalidPart', InvalidPartError],
    [400, 'InvalidPartOrder', InvalidPartError],
    [400, 'EntityTooSmall', InvalidPartError],
    [400, 'BadDigest', ChecksumMismatchError],
    [400, 'RequestTimeout', StoreUnavailableError],
    [400, 'AuthorizationHeaderMalformed', StoreRefusedError],
    [400, 'ExpiredToken', StoreRefusedError],
    [400, 'InvalidArgument', StoreRefusedError],
    [301, 'PermanentRedirect', StoreRefusedError],
    [403, 'AccessDenied', StoreRefusedError],
    [403, 'Forbidden', StoreRefusedError],
    [403, 'InvalidObjectState', ArchivedError],
    [403, 'InvalidAccessKeyId', StoreRefusedError],
    [403, 'SignatureDoesNotMatch', StoreRefusedError],
    [403, 'QuotaExceeded', StoreFullError],
    [507, 'InsufficientStorage', StoreFullError],
    [507, 'XMinioStorageFull', StoreFullError],
    [429, 'TooManyRequests', StoreUnavailableError],
    [500, 'InternalError', StoreUnavailableError],
    [503, 'SlowDown', StoreUnavailableError],
    [200, 'InternalError', StoreUnavailableError],
  ])('understands %d %s', (status, name, expected) => {
    const cause = answer(status, name);
    const error = translateS3Error(cause, request);
    expect(error).toBeInstanceOf(expected);
    expect((error as Error).cause).toBe(status === 416 ? undefined : cause);
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT', 'CERT_HAS_EXPIRED'])(
    'takes %s for a store that is away',
    (code) => {
      expect(translateS3Error(Object.assign(new Error('x'), { code }), request)).toBeInstanceOf(StoreUnavailableError);
    },
  );

  it.each([
    ['the SDK gave up waiting', Object.assign(new Error('x'), { name: 'TimeoutError' }), StoreUnavailableError],
    [
      'every address failed',
      new AggregateError([Object.assign(new Error(), { code: 'ECONNREFUSED' })]),
      StoreUnavailableError,
    ],
    [
      'the failure lies deeper',
      new Error('x', { cause: Object.assign(new Error(), { code: 'EPIPE' }) }),
      StoreUnavailableError,
    ],
    ['the answer is no XML', Object.assign(new SyntaxError('x'), { $response: {} }), StoreUnavailableError],
    [
      'there are no credentials',
      Object.assign(new Error('x'), { name: 'CredentialsProviderError' }),
      StoreRefusedError,
    ],
  ])('understands that %s', (_name, cause, expected) => {
    expect(translateS3Error(cause, request)).toBeInstanceOf(expected);
  });

  it('takes a missing key for the missing upload where one was named', () => {
    expect(translateS3Error(answer(404, 'NoSuchKey'), { ...request, uploadId: '1' })).toBeInstanceOf(
      UploadMissingError,
    );
  });

  it('leaves alone what is ours, and what is a mistake of ours', () => {
    for (const error of [new StoreFullError(), new TypeError('a bug'), 'a text']) {
      expect(translateS3Error(error, request)).toBe(error);
    }
  });

  it('tells how often was asked, and what the store said', () => {
    const error = translateS3Error(answer(412, 'PreconditionFailed', 2), request);
    expect(attemptsOf((error as Error).cause)).toBe(2);
    expect(s3Code(error)).toBe('PreconditionFailed');
  });
});
