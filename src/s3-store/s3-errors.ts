import { DomainError, errorCode } from '../errors/index.js';
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

/** What was asked of whom: an answer such as 404 or 412 says nothing without it. */
export interface S3Request {
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  /** The request named a multipart upload: some stores answer NoSuchKey where the upload is what is missing. */
  readonly uploadId?: string;
}

/** What the SDK tells about a failure, whichever class it threw. */
interface S3Failure {
  /** S3's error code; for an answer without a body (HEAD) the SDK's word for the status. */
  readonly name: string;
  readonly status: number | undefined;
  /** Requests sent, the last included. */
  readonly attempts: number;
}

const PART_PROBLEMS: Readonly<Record<string, string>> = {
  InvalidPart: 'a part is not there, or its bytes are not those that were named',
  InvalidPartOrder: 'the parts are not in ascending order',
  EntityTooSmall: 'a part other than the last is smaller than 5 MiB',
};

const REFUSED = new Set([
  'AccessDenied',
  'AllAccessDisabled',
  'AuthorizationHeaderMalformed',
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'PermanentRedirect',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'TemporaryRedirect',
]);
/** `XMinioStorageFull` is MinIO's, `QuotaExceeded` Ceph's. */
const FULL = new Set(['InsufficientStorage', 'QuotaExceeded', 'StorageFull', 'XMinioStorageFull']);
const DAMAGED = new Set(['BadDigest', 'InvalidDigest', 'XAmzContentChecksumMismatch', 'XAmzContentSHA256Mismatch']);
const BUSY = new Set([
  'OperationAborted',
  'RequestTimeout',
  'SlowDown',
  'Throttling',
  'TimeoutError',
  'TooManyRequests',
]);
/** Of GET, and of a copy's source. */
const ARCHIVED = new Set(['InvalidObjectState', 'ObjectNotInActiveTierError']);
const NETWORK = /^(EAI_|ECONN|EHOST|ENET|ENOTFOUND|EPIPE|EPROTO|ETIMEDOUT|ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|UNABLE_TO)/;

/**
 * What a failed request means to us, the SDK's error kept as `cause`. "Not there" is told apart from "could not ask", and
 * an answer that no store should give counts as the latter. Errors of ours, and those that are no answer at all, come
 * back as they are.
 */
export function translateS3Error(error: unknown, request: S3Request): unknown {
  if (error instanceof DomainError || !isError(error)) return error;
  const { name, status } = readFailure(error);
  const options = { cause: error };
  const partProblem = PART_PROBLEMS[name];
  if (partProblem !== undefined) return new InvalidPartError(partProblem, options);
  if (ARCHIVED.has(name)) return new ArchivedError(request.key, options);
  if (FULL.has(name) || status === 507) return new StoreFullError(options);
  if (DAMAGED.has(name)) return new ChecksumMismatchError(options);
  if (BUSY.has(name)) return new StoreUnavailableError(request.operation, options);
  if (REFUSED.has(name)) return new StoreRefusedError(request.operation, options);
  if (status === undefined) {
    return isNetworkFailure(error) ? new StoreUnavailableError(request.operation, options) : error;
  }
  return translateStatus({ name, status }, request, options);
}

function translateStatus(
  { name, status }: { readonly name: string; readonly status: number },
  request: S3Request,
  options: ErrorOptions,
): Error {
  if (status === 404) return translateMissing(name, request, options);
  if (status === 412 || name === 'ConditionalRequestConflict') return new KeyTakenError(request.key, options);
  if (status === 416) return new RangeNotSatisfiableError(undefined);
  // 2xx: the answer could not be read, so what answered is not the store (a proxy's page, a cut connection).
  if (status >= 500 || status === 408 || status === 429 || status < 300) {
    return new StoreUnavailableError(request.operation, options);
  }
  return new StoreRefusedError(request.operation, options);
}

/** A 404 with a code no store uses comes from something in between, and is no fact about the object. */
function translateMissing(name: string, request: S3Request, options: ErrorOptions): Error {
  switch (name) {
    case 'NoSuchBucket':
      return new BucketMissingError(request.bucket, options);
    case 'NoSuchUpload':
      return new UploadMissingError(options);
    case 'NoSuchKey':
    case 'NoSuchVersion':
    case 'NotFound':
      return request.uploadId === undefined
        ? new ObjectMissingError(request.key, options)
        : new UploadMissingError(options);
    default:
      return new StoreUnavailableError(request.operation, options);
  }
}

/** How many requests the SDK sent before it gave this answer; 1 for what is no error of the SDK's. */
export function attemptsOf(error: unknown): number {
  return isError(error) ? readFailure(error).attempts : 1;
}

/** Ceph joins parts for one at a time, and answers 500 in these words to whoever asks meanwhile. */
export function isBeingJoined(error: unknown): boolean {
  const cause = error instanceof StoreUnavailableError ? error.cause : undefined;
  return isError(cause) && /completion is already in progress/i.test(cause.message);
}

/** S3's code of the answer behind an error, ours or the SDK's. */
export function s3Code(error: unknown): string | undefined {
  const cause = error instanceof DomainError ? error.cause : error;
  return isError(cause) ? readFailure(cause).name : undefined;
}

function readFailure(error: Error): S3Failure {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  return {
    name: error.name,
    status: numberIn(metadata, 'httpStatusCode'),
    attempts: numberIn(metadata, 'attempts') ?? 1,
  };
}

/** By its looks: a socket's error may come from another realm (a vm context), where `instanceof` misses it. */
function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}

function numberIn(source: unknown, name: string): number | undefined {
  if (typeof source !== 'object' || source === null || !(name in source)) return undefined;
  const value: unknown = Reflect.get(source, name);
  return typeof value === 'number' ? value : undefined;
}

/** What the SDK wraps because it does not know it for an error: an answer of a store it always does. */
const WRAPPED = 'AWS SDK error wrapper for ';

/** Sockets, name resolution, TLS; a body cut short; an answer that is no XML, which the SDK marks with `$response`. */
function isNetworkFailure(error: Error): boolean {
  for (let cause: unknown = error, depth = 0; isError(cause) && depth < 5; cause = cause.cause, depth += 1) {
    if (NETWORK.test(errorCode(cause) ?? '') || '$response' in cause) return true;
    if (cause.message === 'socket hang up' || cause.message.startsWith(WRAPPED)) return true;
  }
  return error instanceof AggregateError && error.errors.some((one) => isError(one) && isNetworkFailure(one));
}
