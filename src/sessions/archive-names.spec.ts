import fc from 'fast-check';
import { ArchiveNames } from './archive-names.js';

describe('ArchiveNames', () => {
  it('numbers what is called the same, also where case and accents are folded', () => {
    const names = new ArchiveNames();
    const given = ['note.txt', 'note.txt', 'NOTE.TXT', 'note (2).txt', 'note', 'note', 'e\u0301.txt', '\u00e9.txt'];
    expect(given.map((name) => names.take('a', name))).toEqual([
      'a/note.txt',
      'a/note (2).txt',
      'a/NOTE (3).TXT',
      'a/note (2) (2).txt',
      'a/note',
      'a/note (2)',
      'a/\u00e9.txt',
      'a/\u00e9 (2).txt',
    ]);
    expect(names.take('b', 'note.txt')).toBe('b/note.txt');
  });

  it.each([
    ['../../etc/passwd', 'a/.._.._etc_passwd'],
    ['C:\\Windows\\win.ini', 'a/C__Windows_win.ini'],
    ['/absolute.txt', 'a/_absolute.txt'],
    ['..', 'a/file'],
    ['con', 'a/_con'],
    ['Aux.txt', 'a/_Aux.txt'],
    ['COM1.wav', 'a/_COM1.wav'],
    ['lpt³', 'a/_lpt³'],
    ['nul .txt', 'a/_nul .txt'],
    ['console.txt', 'a/console.txt'],
    ['dots... ', 'a/dots'],
    ['what? "this" <is>|*.txt', 'a/what_ _this_ _is___.txt'],
    ['a\u0000b.txt', 'a/a_b.txt'],
    [' ', 'a/file'],
  ])('makes %j safe to unpack anywhere', (given, path) => {
    expect(new ArchiveNames().take('a', given)).toBe(path);
  });

  it('keeps names short enough for file systems, and their extension', () => {
    const path = new ArchiveNames().take('a', `${'日'.repeat(250)}.docx`);
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(202);
    expect(path).toMatch(/^a\/日+\.docx$/);
  });

  it('gives every file one path of its own below its folder, whatever they are called', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('..', '.', 'a/..', 'CON', 'a.', 'A'),
    );
    fc.assert(
      fc.property(fc.array(name, { maxLength: 30 }), (given) => {
        const names = new ArchiveNames();
        const paths = given.map((one) => names.take('area', one));
        expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(given.length);
        for (const path of paths) expect(path).toMatch(/^area\/(?!\.\.?$)[^/\\<>:"|?*\u0000-\u001f\u007f]+$/u);
      }),
    );
  });

  it('numbers a thousand files of one name without looking through all of them', () => {
    const names = new ArchiveNames();
    const paths = Array.from({ length: 20_000 }, () => names.take('a', 'note.txt'));
    expect(paths.at(-1)).toBe('a/note (20000).txt');
  });
});
