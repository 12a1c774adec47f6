import { InvalidKeyError } from './storage.errors.js';

const MAX_KEY_BYTES = 1024;
const LONE_SURROGATE = /\p{Surrogate}/u;
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

/** Throws `InvalidKeyError` for what no adapter takes as an object key. */
export function assertObjectKey(key: string): void {
  if (key === '') throw new InvalidKeyError('is empty');
  if (LONE_SURROGATE.test(key)) throw new InvalidKeyError('has half a surrogate pair');
  if (CONTROL_CHARACTER.test(key)) throw new InvalidKeyError('has a control character');
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) throw new InvalidKeyError(`has ${bytes} bytes`);
}
