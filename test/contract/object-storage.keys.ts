import { InvalidKeyError } from '../../src/object-storage/storage.errors.js';
import { inByteOrder, keysBelow, put, readText, type Subject } from './storage-under-test.js';

/** What file systems confuse, refuse or take for something else. */
const HOSTILE_NAMES = [
  '.',
  '..',
  './x',
  '../x',
  'a/../b',
  'a/./b',
  '...',
  '.hidden',
  'a',
  'a/',
  'a/b',
  'a/b/',
  'a//b',
  '/a',
  '//',
  'A',
  'A/b',
  'a/B',
  'a~',
  'a+',
  'a%',
  'a%/b',
  '%2F',
  '%2f',
  'a%2Fb',
  '%',
  '%%',
  '%7e',
  '+',
  '~',
  '~/x',
  'con',
  'CON',
  'nul.txt',
  'com1',
  'lpt9.tar.gz',
  'aux/x',
  'trailing.',
  'trailing..',
  'trailing./x',
  'trailing ',
  ' leading',
  ' ',
  'two  blanks',
  'back\\slash',
  'C:\\x',
  'a:b',
  'a*b?c',
  '<a>|"b"\'c\'',
  'a&b=c;d',
  'a+b c',
  'a#b',
  '$HOME `x`',
  'caf\u00e9',
  'cafe\u0301',
  '\u00c9',
  '\u00e9',
  'stra\u00dfe',
  'strasse',
  '\u0130',
  'i\u0307',
  '\u212a',
  'k',
  'K',
  '\u6587\u5b57',
  '\u{1f600}',
  '\u{1f600}/\u{1f3a7}.wav',
  '\uff5e',
  '\u200f\u202e',
  '__proto__',
  'constructor',
  'upload.json',
  '-rf',
] as const;

export function keyBehaviours(subject: Subject): void {
  it('keeps every key that file systems find hard apart from every other', async () => {
    const folder = subject.folder();
    const keys = HOSTILE_NAMES.map((name) => folder + name);
    await Promise.all(keys.map((key) => put(subject.storage, key, `I am ${key}`)));
    const found = await Promise.all(keys.map((key) => readText(subject.storage, key)));
    expect(found).toEqual(keys.map((key) => `I am ${key}`));
    expect(await keysBelow(subject.storage, folder)).toEqual(inByteOrder(keys));

    const gone = keys.filter((_, index) => index % 2 === 0);
    const kept = keys.filter((_, index) => index % 2 === 1);
    expect((await subject.storage.deleteMany(gone)).failed).toEqual([]);
    expect(await keysBelow(subject.storage, folder)).toEqual(inByteOrder(kept));
    expect(await Promise.all(gone.map((key) => subject.storage.head(key)))).toEqual(gone.map(() => undefined));
    expect(await Promise.all(kept.map((key) => readText(subject.storage, key)))).toEqual(
      kept.map((key) => `I am ${key}`),
    );
  });

  it('takes keys that begin with a slash', async () => {
    const folder = subject.folder();
    const keys = [`/${folder}x`, `//${folder}x`, `${folder}x`];
    for (const key of keys) await put(subject.storage, key, `I am ${key}`);
    for (const key of keys) expect(await readText(subject.storage, key)).toBe(`I am ${key}`);
    expect(await keysBelow(subject.storage, `/${folder}`)).toEqual([`/${folder}x`]);
    await subject.storage.deleteMany(keys);
    expect(await keysBelow(subject.storage, `/${folder}`)).toEqual([]);
  });

  it.each([
    ['one segment of 1,000 bytes', () => 'x'.repeat(1000)],
    ['one segment of 333 signs of three bytes', () => '\u6587'.repeat(333)],
    ['one segment of 1,000 capitals', () => 'X'.repeat(1000)],
    ['a folder of 900 bytes', () => `${'y'.repeat(900)}/z`],
    ['a hundred folders', () => 'd/'.repeat(100)],
  ])('takes %s', async (_name, makeName) => {
    const folder = subject.folder();
    const key = folder + makeName();
    const neighbour = key.slice(0, -1);
    await put(subject.storage, key, 'here');
    await put(subject.storage, neighbour, 'the neighbour');
    expect(await readText(subject.storage, key)).toBe('here');
    expect(await readText(subject.storage, neighbour)).toBe('the neighbour');
    expect(await keysBelow(subject.storage, folder)).toEqual(inByteOrder([key, neighbour]));
    await subject.storage.delete(key);
    expect(await keysBelow(subject.storage, folder)).toEqual([neighbour]);
  });

  it('takes a key of 1,024 bytes', async () => {
    const folder = subject.folder();
    const key = folder.padEnd(1024, 'k');
    await put(subject.storage, key, 'here');
    expect(await readText(subject.storage, key)).toBe('here');
    expect(await keysBelow(subject.storage, folder)).toEqual([key]);
  });

  it.each([
    ['is empty', ''],
    ['has 1,025 bytes', 'k'.repeat(1025)],
    ['has 1,026 bytes in 513 signs', '\u00e9'.repeat(513)],
    ['has a zero byte', 'a\u0000b'],
    ['has a line feed', 'a\nb'],
    ['has a control character', 'a\u001fb'],
    ['has a delete character', 'a\u007fb'],
    ['has half a surrogate pair', 'a\ud83d'],
    ['has the other half', '\ude00b'],
  ])('refuses a key that %s, whatever is asked', async (_name, key) => {
    const { storage } = subject;
    const link = { expiresInSeconds: 60 };
    const asked = [
      () => put(storage, key, 'x'),
      () => storage.find(key),
      () => storage.head(key),
      () => storage.delete(key),
      () => storage.copy(key, 'a-fine-key'),
      () => storage.copy('a-fine-key', key),
      () => storage.createMultipart(key, { contentType: 'text/plain' }),
      () => storage.presignGet(key, link),
      () => storage.presignPut(key, { ...link, contentType: 'text/plain', sizeBytes: 1 }),
    ];
    for (const ask of asked) await expect(ask()).rejects.toBeInstanceOf(InvalidKeyError);
  });
}
