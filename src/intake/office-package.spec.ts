import { Readable } from 'node:stream';
import { bigEntry, office, officeParts, zip } from '../../test/support/office-files.js';
import type { ByteRange, ObjectStorage } from '../storage/index.js';
import { isOfficeFile, officeType, presumedType } from './office-package.js';

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const ZIP = 'application/zip';

/** The one ability of a store that is asked for. */
function typeOf(bytes: Buffer): Promise<string> {
  const storage = {
    find: (_: string, { start, end = bytes.length - 1 }: ByteRange) =>
      Promise.resolve({ body: Readable.from([bytes.subarray(start, end + 1)]) }),
  } as unknown as ObjectStorage;
  return officeType(storage, { key: 'a', sizeBytes: bytes.length });
}

describe('officeType', () => {
  const { types, rest } = officeParts('docx');

  it.each([
    ['docx', DOCX],
    ['docm', 'application/vnd.ms-word.document.macroenabled.12'],
    ['pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
    ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    ['xlsm', 'application/vnd.ms-excel.sheet.macroenabled.12'],
  ] as const)('tells %s, wherever its parts lie', async (format, type) => {
    const parts = officeParts(format);
    for (const entries of [
      [parts.types, ...parts.rest],
      [bigEntry('word/media/a.png'), ...parts.rest, parts.types],
      [...parts.rest, parts.types, bigEntry('ppt/media/a.png')],
      [parts.types, ...parts.rest].map((entry) => ({ ...entry, streamed: true as const })),
      [parts.types, ...parts.rest].map((entry) => ({ ...entry, stored: true as const })),
    ]) {
      expect(await typeOf(await zip(entries))).toBe(type);
    }
  });

  it('goes by the directory, not by what lies in front of it', async () => {
    const hidden = await office('docx');
    const shown = await zip([bigEntry('a'), ...officeParts('docm').rest, officeParts('docm').types]);
    expect(await typeOf(Buffer.concat([hidden.subarray(0, 300), shown]))).toBe(ZIP);
  });

  it('reads past a comment, and is not led astray by one', async () => {
    const bytes = Buffer.concat([await office('docx'), Buffer.from('PK\u0005\u0006 and more')]);
    bytes.writeUInt16LE(13, bytes.length - 13 - 2);
    expect(await typeOf(bytes)).toBe(DOCX);
  });

  it('takes for a ZIP what does not say, says it twice, or is cut off', async () => {
    const whole = await zip([types, ...rest]);
    for (const bytes of [
      await zip(rest),
      await zip([]),
      await zip([types, ...rest, officeParts('docm').types]),
      whole.subarray(0, -1),
      whole.subarray(0, whole.length / 2),
      Buffer.alloc(10),
      Buffer.alloc(100_000),
    ]) {
      expect(await typeOf(bytes)).toBe(ZIP);
    }
  });

  it('survives whatever its bytes say', async () => {
    const whole = await zip([...rest, types]);
    let state = 42;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state % below;
    };
    for (let round = 0; round < 1500; round += 1) {
      const bytes = Buffer.from(whole);
      // Half of the changes hit the directory, which is at the end.
      for (let change = 0; change <= random(4); change += 1) {
        const at = random(2) === 0 ? random(bytes.length) : bytes.length - 1 - random(250);
        bytes[at] = random(3) === 0 ? 0xff : random(256);
      }
      expect(await typeOf(bytes)).toMatch(/^application\//);
    }
  });
});

describe('presumedType', () => {
  const long = Buffer.alloc(64 * 1024);

  it('waits for the directory of a large ZIP that is called an office file', () => {
    expect(presumedType(ZIP, { extension: '.docx', head: long })).toBe(DOCX);
  });

  it('stays with what was found in a small one, or under another name', () => {
    expect(presumedType(ZIP, { extension: '.docx', head: long.subarray(1) })).toBe(ZIP);
    expect(presumedType(ZIP, { extension: '.pdf', head: long })).toBe(ZIP);
    expect(presumedType('text/html', { extension: '.docx', head: long })).toBe('text/html');
    expect(['.docx', '.pptx', '.xlsx', '.odt', '.zip', ''].map(isOfficeFile)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
