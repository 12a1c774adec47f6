import { readFileSync } from 'node:fs';
import { office } from '../../test/support/office-files.js';
import { sniffType } from './type-sniffer.js';

const fixture = (name: string): Buffer => readFileSync(new URL(`../../test/fixtures/audio/${name}`, import.meta.url));

describe('sniffType', () => {
  it.each([
    ['mono-16k.wav', 'audio/wav'],
    ['mono-22k.flac', 'audio/flac'],
    ['stereo.mp3', 'audio/mpeg'],
    ['stereo.m4a', /^(audio|video)\/(mp4|x-m4a)$/],
    ['opus.ogg', /^audio\/ogg/],
    ['opus.webm', /^(audio|video)\/webm$/],
    ['video.mov', 'video/quicktime'],
  ])('recognises %s', async (name, type) => {
    const found = await sniffType(fixture(name));
    if (typeof type === 'string') expect(found).toBe(type);
    else expect(found).toMatch(type);
  });

  it.each([
    ['<!DOCTYPE html><p>hello', 'text/html'],
    ['\ufeff  <html><script>alert(1)</script>', 'text/html'],
    ['<!-- a --><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'image/svg+xml'],
    ['<?xml version="1.0"?><svg/>', 'image/svg+xml'],
    ['<?xml version="1.0"?><note/>', 'application/xml'],
    ['Just words.\n', 'text/plain'],
    ['{"a": 1}', 'text/plain'],
    ['BMW presented its numbers.', 'text/plain'],
    ['solid work everyone, thanks for coming', 'text/plain'],
    ['MZ. BZh 8BPS fLaC', 'text/plain'],
    ['%PDF-1.4\n%%EOF', 'application/pdf'],
    ['{\\rtf1 x}', 'application/rtf'],
  ])('takes %j for %s', async (text, type) => {
    expect(await sniffType(Buffer.from(text))).toBe(type);
  });

  it('is not made slow by a text of comments', async () => {
    expect(await sniffType(Buffer.from(`${'<!---->'.repeat(9000)}x`))).toBe('text/plain');
    expect(await sniffType(Buffer.from(`${'<!---->'.repeat(9000)}<script>`))).toBe('text/html');
  });

  it('survives an archive whose compressed parts are damaged', async () => {
    const bytes = await office('docx');
    const content = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
    for (let value = 0; value < 256; value += 1) {
      bytes[content] = value;
      bytes[content + 20] = 255 - value;
      expect(await sniffType(bytes)).toMatch(/^application\//);
    }
  });

  it('takes neither zeros nor torn text for anything', async () => {
    expect(await sniffType(Buffer.alloc(1000))).toBe('application/octet-stream');
    expect(await sniffType(Buffer.from([0xff, 0xc0, 0x41, 0x00]))).toBe('application/octet-stream');
    expect(await sniffType(Buffer.from('é').subarray(0, 1))).toBe('text/plain');
  });
});
