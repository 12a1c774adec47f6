import type { FileChecksum } from '../files/index.js';
import { ChecksumDiffersError } from '../intake/index.js';
import { DigestUnsupportedError, InvalidDigestError } from './uploads.errors.js';

/** Digests that are computed, by their names in RFC 9530. */
const SUPPORTED: ReadonlyMap<string, { readonly algorithm: string; readonly sizeBytes: number }> = new Map([
  ['sha-256', { algorithm: 'SHA256', sizeBytes: 32 }],
  ['sha-512', { algorithm: 'SHA512', sizeBytes: 64 }],
]);

/** What RFC 9530 calls a preference: ask for this, 10 being the most wanted. */
export const WANTED_DIGEST = 'sha-256=10';

const NAME = '[a-z*][a-z0-9_.*-]*';
const BARE_ITEM = [
  '"(?:[ !#-\\[\\]-~]|\\\\["\\\\])*"',
  ':[A-Za-z0-9+/]*={0,2}:',
  '\\?[01]',
  '@?-?\\d{1,15}(?:\\.\\d{1,3})?',
  "[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*",
].join('|');
/** A member of a dictionary (RFC 9651, section 4.2.2) whose value is a byte sequence, up to the next one. */
const MEMBERS = new RegExp(
  `(${NAME})=:([A-Za-z0-9+/]*={0,2}):(?: *; *${NAME}(?:=(?:${BARE_ITEM}))?)*(?:[ \\t]*,[ \\t]*|$)`,
  'gy',
);

/**
 * What Content-Digest and Repr-Digest (RFC 9530) say the body is, which is one thing where there is no content coding: each
 * digest that is supported, the others are ignored. Throws `InvalidDigestError`; `DigestUnsupportedError` when there is none that
 * is supported; `ChecksumDiffersError` when the fields contradict each other, as no bytes are both.
 */
export function expectedDigests(fields: readonly (string | undefined)[]): readonly FileChecksum[] {
  const digests = fields.flatMap((field) => (field === undefined ? [] : [...byteSequences(field)]));
  const expected = new Map<string, string>();
  for (const [name, bytes] of digests) {
    const supported = SUPPORTED.get(name);
    if (supported === undefined) continue;
    const { algorithm, sizeBytes } = supported;
    if (bytes.length !== sizeBytes) throw new InvalidDigestError(`a ${name} has ${sizeBytes} bytes`);
    const value = bytes.toString('base64');
    if ((expected.get(algorithm) ?? value) !== value) throw new ChecksumDiffersError(algorithm);
    expected.set(algorithm, value);
  }
  if (digests.length > 0 && expected.size === 0) throw new DigestUnsupportedError([...SUPPORTED.keys()]);
  return [...expected].map(([algorithm, value]) => ({ algorithm, value }));
}

/** Members of a dictionary by name: of two with one name the last counts. Parameters have no meaning, and are left out. */
function byteSequences(field: string): ReadonlyMap<string, Buffer> {
  const members = [...field.matchAll(MEMBERS)];
  const isWhole = members.reduce((length, [member]) => length + member.length, 0) === field.length;
  if (!isWhole || /,[ \t]*$/.test(members.at(-1)?.[0] ?? ''))
    throw new InvalidDigestError('write sha-256=:BASE64:, several with commas between them');
  return new Map(members.map(([, name = '', base64 = '']) => [name, Buffer.from(base64, 'base64')]));
}
