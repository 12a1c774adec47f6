import { join, relative, sep } from 'node:path';
import fc from 'fast-check';
import { fromBytes, pathOfKey, readName, stepsOf, toBytes } from './local-key-paths.js';

const ROOT = join(sep, 'data', 'keys');

/** Keys out of what file systems confuse, and out of anything at all. */
const hostileKey = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '.',
        '..',
        '/',
        '//',
        '~',
        '+',
        '%',
        '%2e',
        '%2f',
        'a',
        'A',
        'con',
        'CON',
        'nul.',
        'lpt1.txt',
        ' ',
      ),
      fc.constantFrom('\u00e9', 'e\u0301', 'K', '\u212a', '\u0130', '\u{1f600}', '\uff5e', '\\', ':', '*', '?'),
      fc.integer({ min: 150, max: 400 }).map((length) => 'x'.repeat(length)),
      fc.integer({ min: 60, max: 140 }).map((length) => 'X'.repeat(length)),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((pieces) => pieces.join(''))
  .filter((key) => key !== '' && !/\p{Surrogate}/u.test(key));

/** Keys that differ by little from each other. */
const keyPair = fc.oneof(
  fc.tuple(hostileKey, hostileKey),
  hostileKey.chain((key) =>
    fc.tuple(
      fc.constant(key),
      fc.constantFrom(
        key.toLowerCase(),
        key.toUpperCase(),
        key.normalize('NFC'),
        key.normalize('NFD'),
        key.normalize('NFKC'),
        `${key}/`,
        `/${key}`,
        `${key}.`,
        `${key} `,
        `${key}~`,
        `${key}+`,
        `${key}%`,
        key.replaceAll('/', '%2f'),
        encodeURIComponent(key),
        `${key}/x`,
      ),
    ),
  ),
);

/** What the path says the key is. */
function keyOfPath(path: string): string | undefined {
  const names = relative(ROOT, path).split(sep);
  const entries = names.map(readName);
  if (entries.some((entry) => entry === undefined)) return undefined;
  return fromBytes(entries.map((entry) => entry?.bytes ?? '').join(''));
}

/** As a file system that folds case, composes accents and drops trailing dots and blanks sees a path. */
function folded(path: string): string {
  return path
    .normalize('NFKC')
    .toLowerCase()
    .split(sep)
    .map((name) => name.replace(/[. ]+$/, ''))
    .join(sep);
}

describe('the paths of keys', () => {
  it.each([
    ['audio-files/sessions/session-1/original/talk_1.wav', 'audio-files/sessions/session-1/original/talk_1.wav~'],
    ['a', 'a~'],
    ['a/b', 'a/b~'],
    ['A/É', '%41/%c3%89~'],
    ['..', '%2e.%~'],
    ['../x', '%2e.%/x~'],
    ['/x', '%/x~'],
    ['x/', 'x/%~'],
    ['trailing./x', 'trailing.%/x~'],
    ['con/nul.txt', '%63on/%6eul.txt~'],
    ['50%~+', '50%25%7e%2b~'],
  ])('puts %s at %s', (key, path) => {
    expect(pathOfKey(ROOT, key)).toBe(join(ROOT, ...path.split('/')));
  });

  it('gives every key a path that tells the key', () => {
    fc.assert(
      fc.property(hostileKey, (key) => {
        expect(keyOfPath(pathOfKey(ROOT, key))).toBe(key);
      }),
      { numRuns: 500 },
    );
  });

  it('never leads out of the root, and makes no name that any file system refuses', () => {
    fc.assert(
      fc.property(hostileKey, (key) => {
        const path = pathOfKey(ROOT, key);
        expect(path.startsWith(ROOT + sep)).toBe(true);
        for (const name of relative(ROOT, path).split(sep)) {
          expect(name).toMatch(/^[a-z0-9._%-]+[~+]?$/);
          expect(name.length).toBeLessThanOrEqual(201);
          expect(name).not.toMatch(/^\.|[. ]$/);
          expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives no two keys one path, nor the path of the one to a folder of the other, whatever the file system folds', () => {
    fc.assert(
      fc.property(keyPair, ([one, other]) => {
        fc.pre(one !== other);
        const [first, second] = [folded(pathOfKey(ROOT, one)), folded(pathOfKey(ROOT, other))];
        expect(first).not.toBe(second);
        expect(first.startsWith(second + sep)).toBe(false);
        expect(second.startsWith(first + sep)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps what sorts between the entries of a folder out of it', () => {
    fc.assert(
      fc.property(keyPair, fc.string({ unit: 'binary', maxLength: 3 }), ([one, other], more) => {
        fc.pre(!/\p{Surrogate}/u.test(more));
        // If a folder's keys begin with some bytes, every key that begins with them is in that folder.
        for (const key of [other, one + more, one + other]) {
          const bytes = toBytes(key);
          let before = '';
          for (const step of stepsOf(toBytes(one)).folders) {
            before += step.bytes;
            if (!bytes.startsWith(before)) break;
            expect(
              stepsOf(bytes)
                .folders.reduce((sum, { bytes: part }) => sum + part, '')
                .startsWith(before),
            ).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '.DS_Store',
    'Thumbs.db~',
    'lost+found',
    'a%',
    'a%4',
    '%zz~',
    '%41%~',
    '%61~',
    'con~',
    '.x~',
    '~',
    'x'.repeat(198) + '~',
    'ab+',
  ])('takes %s for a name of somebody else', (name) => {
    expect(readName(name)).toBeUndefined();
  });
});
