import type { PresignPostOptions } from './object-storage.js';
import { MAX_PRESIGN_SECONDS } from './s3-limits.js';
import { InvalidKeyError } from './storage.errors.js';

type SizeRange = readonly ['content-length-range', number, number];

/** What a form may hold (AWS, "Creating a POST policy"): each field's one value, and the range of the file's size. */
export interface PostPolicy {
  readonly expiresAt: Date;
  /** By name as the form writes it. */
  readonly fields: Readonly<Record<string, string>>;
  readonly minSizeBytes: number;
  readonly maxSizeBytes: number;
}

interface PolicyDocument {
  /** ISO 8601, in whole seconds. */
  readonly expiration: string;
  readonly conditions: readonly (SizeRange | Readonly<Record<string, string>>)[];
}

/** Throws what no adapter signs a form for. */
export function assertFormTerms(key: string, options: PresignPostOptions): void {
  const { expiresInSeconds, minSizeBytes, maxSizeBytes } = options;
  if (key.includes('${filename}')) throw new InvalidKeyError('has ${filename}, which a form fills in');
  if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > MAX_PRESIGN_SECONDS) {
    throw new RangeError(`A form lives 1 to ${MAX_PRESIGN_SECONDS} seconds.`);
  }
  const isRange = [minSizeBytes, maxSizeBytes].every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isRange || minSizeBytes > maxSizeBytes) throw new RangeError('A form takes a range of whole sizes.');
}

/** The policy as the form carries it: JSON in base64. */
export function encodePostPolicy({ expiresAt, fields, minSizeBytes, maxSizeBytes }: PostPolicy): string {
  const document: PolicyDocument = {
    expiration: expiresAt.toISOString().replace(/\.\d{3}Z$/, 'Z'),
    conditions: [
      ['content-length-range', minSizeBytes, maxSizeBytes],
      ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
    ],
  };
  return Buffer.from(JSON.stringify(document)).toString('base64');
}

/** What `encodePostPolicy` wrote: to be read only when a signature says that it did. */
export function readPostPolicy(encoded: string): PostPolicy {
  const { expiration, conditions } = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as PolicyDocument;
  const fields: Record<string, string> = {};
  let [minSizeBytes, maxSizeBytes] = [0, 0];
  for (const condition of conditions) {
    if (isSizeRange(condition)) [, minSizeBytes, maxSizeBytes] = condition;
    else Object.assign(fields, condition);
  }
  return { expiresAt: new Date(expiration), fields, minSizeBytes, maxSizeBytes };
}

function isSizeRange(condition: PolicyDocument['conditions'][number]): condition is SizeRange {
  return Array.isArray(condition);
}
