import fc from 'fast-check';
import { extensionOf, keyFilename, originalFilename } from './file-name.js';

describe('originalFilename', () => {
  it.each([
    ['../../etc/passwd.wav', 'passwd.wav'],
    ['C:\\Users\\me\\take.wav', 'take.wav'],
    ['a\u0000b\r\nX-Evil: 1.wav', 'abX-Evil: 1.wav'],
    ['\u202egnp.wav', 'gnp.wav'],
    ['Sesión №1.wav', 'Sesión №1.wav'],
    ['  spaced.wav  ', 'spaced.wav'],
    ['..', ''],
    ['/', ''],
  ])('makes %j safe', (given, kept) => {
    expect(originalFilename(given)).toBe(kept);
  });

  it('keeps at most 255 characters, the extension among them', () => {
    const name = originalFilename(`${'x'.repeat(300)}.flac`);
    expect(Array.from(name)).toHaveLength(255);
    expect(extensionOf(name)).toBe('.flac');
  });
});

describe('keyFilename', () => {
  it.each([
    ['Sesión №1.wav', 'Sesion_No1.wav'],
    ['quote"d.wav', 'quote_d.wav'],
    ['🎙️.wav', 'file.wav'],
    ['.hidden.wav', 'hidden.wav'],
    ['take-2.wav', 'take_2.wav'],
    ['sample-1.wav', 'sample-1.wav'],
    ['REC.WAV', 'REC.WAV'],
  ])('writes %j as %s', (original, key) => {
    expect(keyFilename(original)).toBe(key);
  });

  it('is always plain, short and not empty', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (given) => {
        const name = keyFilename(originalFilename(given));
        expect(name).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,119}$/);
      }),
      { numRuns: 1000 },
    );
  });
});
