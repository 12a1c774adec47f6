import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { DomainError } from '../errors/index.js';
import { expectedDigests } from './content-digests.js';

const SHA256 = createHash('sha256').update('bytes').digest('base64');
const SHA512 = createHash('sha512').update('bytes').digest('base64');
const OTHER = createHash('sha256').update('others').digest('base64');
const A_256 = { algorithm: 'SHA256', value: SHA256 };
const A_512 = { algorithm: 'SHA512', value: SHA512 };

function codeOf(...fields: (string | undefined)[]): string | undefined {
  try {
    expectedDigests(fields);
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

describe('expectedDigests', () => {
  it.each([
    ['no field', [undefined, undefined], []],
    ['an empty dictionary', [''], []],
    ['one', [`sha-256=:${SHA256}:`], [A_256]],
    ['the same twice', [`sha-256=:${SHA256}:`, `sha-256=:${SHA256}:`], [A_256]],
    ['two in one field', [`sha-512=:${SHA512}:, sha-256=:${SHA256}:`], [A_512, A_256]],
    ['two in two fields', [`sha-256=:${SHA256}:`, `sha-512=:${SHA512}:`], [A_256, A_512]],
    ['tabs about the comma', [`sha-512=:${SHA512}:\t,\t sha-256=:${SHA256}:`], [A_512, A_256]],
    ['no blank after the comma', [`sha-512=:${SHA512}:,sha-256=:${SHA256}:`], [A_512, A_256]],
    ['unknown ones beside', [`md5=:aGFsbG8=:, sha-256=:${SHA256}:, *x.y_z-1=::`], [A_256]],
    ['an unsupported one in the other field', [`sha-256=:${SHA256}:`, 'md5=:aGFsbG8=:'], [A_256]],
    ['the last of two with one name', [`sha-256=:${OTHER}:, sha-256=:${SHA256}:`], [A_256]],
    ['no padding', [`sha-256=:${SHA256.replace('=', '')}:`], [A_256]],
    ['parameters', [`sha-256=:${SHA256}:;a; b=?1;c="x\\"y, z";d=tok/en;e=-1.5;f=:AA==:;g=@123, md5=:AA==:;h`], [A_256]],
  ] as const)('takes %s', (_, fields, expected) => {
    expect(expectedDigests(fields)).toEqual(expected);
  });

  it.each([
    ['a token', `sha-256=${'a'.repeat(43)}`],
    ['a string', `sha-256="${SHA256}"`],
    ['hexadecimals', `sha-256=${'0'.repeat(64)}`],
    ['a name alone', 'sha-256'],
    ['no name', `=:${SHA256}:`],
    ['capital letters', `SHA-256=:${SHA256}:`],
    ['the form of RFC 3230', `SHA-256=${SHA256}`],
    ['an inner list', `sha-256=(:${SHA256}:)`],
    ['no end', `sha-256=:${SHA256}`],
    ['a comma at the end', `sha-256=:${SHA256}:,`],
    ['a comma and a blank at the end', `sha-256=:${SHA256}:, `],
    ['a comma at the beginning', `,sha-256=:${SHA256}:`],
    ['two commas', `sha-256=:${SHA256}:,,md5=:AA==:`],
    ['a semicolon between', `sha-256=:${SHA256}:;md5=:AA==:=`],
    ['blanks about the equals sign', `sha-256 = :${SHA256}:`],
    ['blanks within', `sha-256=:${SHA256.slice(0, 20)} ${SHA256.slice(20)}:`],
    ['base64url', `sha-256=:${Buffer.alloc(32, 0xff).toString('base64url')}:`],
    ['an equals sign within', 'sha-256=:AA==AA==:'],
    ['a digest that is too short', 'sha-256=:AA==:'],
    ['a digest of the other length', `sha-256=:${SHA512}:`],
    ['no digest', 'sha-512=::'],
    ['a string that does not end', `sha-256=:${SHA256}:;a="`],
    ['something behind', `sha-256=:${SHA256}: x`],
    ['a member that is no byte sequence', `sha-256=:${SHA256}:, unixsum=30637`],
  ])('refuses %s', (_, field) => {
    expect(codeOf(field)).toBe('INVALID_DIGEST');
    expect(codeOf(undefined, field)).toBe('INVALID_DIGEST');
  });

  it('refuses when none is supported, and says which are', () => {
    expect(codeOf('md5=:aGFsbG8=:, unixsum=:AA==:')).toBe('CHECKSUM_UNSUPPORTED');
    expect(codeOf('md5=:aGFsbG8=:', 'sha=:AA==:')).toBe('CHECKSUM_UNSUPPORTED');
  });

  it('refuses fields that contradict each other', () => {
    expect(codeOf(`sha-256=:${SHA256}:`, `sha-256=:${OTHER}:`)).toBe('CHECKSUM_MISMATCH');
  });

  it('gives back every dictionary of digests that can be written', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const name = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,20}$/).filter((text) => !text.startsWith('sha-'));
    const others = fc.array(fc.tuple(name, fc.uint8Array({ maxLength: 40 })), { maxLength: 5 });
    fc.assert(
      fc.property(bytes(32), bytes(64), others, (sha256, sha512, rest) => {
        const members = [...rest, ['sha-256', sha256] as const, ['sha-512', sha512] as const];
        const field = members.map(([key, value]) => `${key}=:${Buffer.from(value).toString('base64')}:`).join(', ');
        expect(expectedDigests([field])).toEqual([
          { algorithm: 'SHA256', value: Buffer.from(sha256).toString('base64') },
          { algorithm: 'SHA512', value: Buffer.from(sha512).toString('base64') },
        ]);
      }),
    );
  });

  it('answers whatever is sent with a code or digests of the right length', () => {
    const pieces = fc.constantFrom(
      'sha-256',
      'sha-512',
      'md5',
      '=',
      ':',
      ',',
      ' ',
      '\t',
      ';',
      '"',
      '\\',
      SHA256,
      'A',
      '?1',
    );
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc.array(pieces).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const code = codeOf(one, other);
        if (code !== undefined) {
          expect(['INVALID_DIGEST', 'CHECKSUM_UNSUPPORTED', 'CHECKSUM_MISMATCH']).toContain(code);
          return;
        }
        for (const { algorithm, value } of expectedDigests([one, other]))
          expect(Buffer.from(value, 'base64')).toHaveLength(algorithm === 'SHA256' ? 32 : 64);
      }),
      { numRuns: 2000 },
    );
  });

  it('needs no time for what is made to take some', () => {
    const size = 100_000;
    for (const piece of [' ', '\t', ',', 'a', ':', '=', '; ', ';a', ';a=1', ';a="\\"', 'a=::,', 'a=::, ', 'a=::;a="'])
      for (const head of ['', 'sha-256=:', `sha-256=:${SHA256}:`, `sha-256=:${SHA256}:;a="`])
        codeOf(head + piece.repeat(size / piece.length) + '!');
  }, 3000);
});
