import { s3Code } from './s3-errors.js';
import { StoreRefusedError } from '../object-storage/index.js';

/** Why a store does not do what it was asked: nobody may have it of this store, or not with these credentials. */
export type Refusal = 'unsupported' | 'not-permitted';

const NOT_PERMITTED = new Set(['AccessDenied', 'AllAccessDisabled', 'Forbidden', 'UnauthorizedAccess']);
const WRONG_CREDENTIALS = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
]);
const UNSUPPORTED = new Set(['NotImplemented', 'MethodNotAllowed', 'NotSupported']);

/** Undefined for what is no refusal: an outage, or wrong credentials. */
export function refusalOf(error: unknown): Refusal | undefined {
  const code = s3Code(error) ?? '';
  if (NOT_PERMITTED.has(code)) return 'not-permitted';
  if (UNSUPPORTED.has(code)) return 'unsupported';
  return error instanceof StoreRefusedError && !WRONG_CREDENTIALS.has(code) ? 'unsupported' : undefined;
}

/** The answer, or the refusal in its place. */
export async function orRefusal<T>(answer: Promise<T>): Promise<T | Refusal> {
  try {
    return await answer;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return refusal;
  }
}
