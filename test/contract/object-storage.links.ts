import { createHash } from 'node:crypto';
import {
  facts,
  OCTETS,
  PART_BYTES,
  put,
  read,
  readText,
  seconds,
  someBytes,
  withoutQuotes,
  type Subject,
} from './storage-under-test.js';

const MINUTE = { expiresInSeconds: 60 } as const;

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** The URL with one query parameter changed, and nothing else. */
function withQuery(url: string, name: string, value: string): string {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  return changed.href;
}

export function linkBehaviours(subject: Subject): void {
  it('hands out an object to whoever has the link', async () => {
    const key = `${subject.folder()}r\u00e9sum\u00e9 (1) + a&b=c #1.txt`;
    await put(subject.storage, key, 'the bytes', { contentType: 'text/plain' });
    const link = await subject.storage.presignGet(key, MINUTE);
    expect(link.method).toBe('GET');
    expect(Math.abs(link.expiresAt.getTime() - Date.now() - 60_000)).toBeLessThan(5000);
    const answer = await subject.send(link);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('the bytes');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(withoutQuotes(answer.headers.get('etag'))).toBe((await facts(subject.storage, key)).etag);
    expect(answer.headers.get('accept-ranges')).toBe('bytes');
  });

  it('answers ranges of a link', async () => {
    const key = `${subject.folder()}digits`;
    await put(subject.storage, key, '0123456789');
    const link = await subject.storage.presignGet(key, MINUTE);
    for (const [range, text, contentRange] of [
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-2', '89', 'bytes 8-9/10'],
    ] as const) {
      const answer = await subject.send(link, { headers: { range } });
      expect(answer.status).toBe(206);
      expect(answer.headers.get('content-range')).toBe(contentRange);
      expect(await answer.text()).toBe(text);
    }
    const past = await subject.send(link, { headers: { range: 'bytes=10-' } });
    expect(past.status).toBe(416);
    await past.arrayBuffer();
  });

  it('says what the link says in place of content type and disposition', async () => {
    const key = `${subject.folder()}x`;
    await put(subject.storage, key, 'the bytes', { contentType: 'text/html' });
    const contentDisposition = `attachment; filename="a b.txt"; filename*=UTF-8''caf%C3%A9.txt`;
    const link = await subject.storage.presignGet(key, {
      ...MINUTE,
      contentType: 'application/pdf',
      contentDisposition,
    });
    const answer = await subject.send(link);
    expect(answer.headers.get('content-type')).toBe('application/pdf');
    expect(answer.headers.get('content-disposition')).toBe(contentDisposition);
    await answer.arrayBuffer();
  });

  it('answers 404 where the object is not, or is no more', async () => {
    const key = `${subject.folder()}x`;
    const link = await subject.storage.presignGet(key, MINUTE);
    expect((await subject.send(link)).status).toBe(404);
    await put(subject.storage, key, 'x');
    expect((await subject.send(link)).status).toBe(200);
    await subject.storage.delete(key);
    expect((await subject.send(link)).status).toBe(404);
  });

  it('does not answer a link that has expired', async () => {
    const key = `${subject.folder()}x`;
    await put(subject.storage, key, 'x');
    const get = await subject.storage.presignGet(key, { expiresInSeconds: 1 });
    const write = await subject.storage.presignPut(key, { expiresInSeconds: 1, contentType: OCTETS, sizeBytes: 3 });
    await seconds(2.5);
    expect((await subject.send(get)).status).toBe(403);
    expect((await subject.send(write, { body: Buffer.from('new') })).status).toBe(403);
    expect(await readText(subject.storage, key)).toBe('x');
  });

  it('does not answer a link that was altered', async () => {
    const folder = subject.folder();
    await put(subject.storage, `${folder}mine`, 'x');
    await put(subject.storage, `${folder}other`, 'secret');
    const link = await subject.storage.presignGet(`${folder}mine`, { ...MINUTE, contentType: 'text/plain' });
    const signature = new URL(link.url).searchParams.get('X-Amz-Signature') ?? '';
    const altered = [
      withQuery(
        link.url,
        'X-Amz-Signature',
        signature.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      ),
      withQuery(link.url, 'X-Amz-Signature', 'nonsense'),
      withQuery(link.url, 'X-Amz-Expires', '86400'),
      withQuery(link.url, 'response-content-type', 'text/html'),
      withQuery(link.url, 'response-content-disposition', 'attachment'),
      link.url.replace(`${folder}mine`, `${folder}other`),
    ];
    for (const url of altered) {
      const answer = await subject.send(link, { url });
      expect(answer.status).toBe(403);
      expect(await answer.text()).not.toContain('secret');
    }
  });

  it('does not take bytes over a link for reading', async () => {
    const key = `${subject.folder()}x`;
    await put(subject.storage, key, 'x');
    const link = await subject.storage.presignGet(key, MINUTE);
    expect((await subject.send(link, { method: 'PUT', body: Buffer.from('new') })).status).toBe(403);
    expect(await readText(subject.storage, key)).toBe('x');
  });

  it('takes the bytes a link was made for', async () => {
    const key = `${subject.folder()}caf\u00e9 1.txt`;
    const bytes = someBytes(70_000);
    const link = await subject.storage.presignPut(key, {
      ...MINUTE,
      contentType: 'text/plain',
      sizeBytes: bytes.length,
    });
    expect(link.method).toBe('PUT');
    const answer = await subject.send(link, { body: bytes });
    expect(answer.status).toBe(200);
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
    const info = await facts(subject.storage, key);
    expect(info.contentType).toBe('text/plain');
    expect(withoutQuotes(answer.headers.get('etag'))).toBe(info.etag);
  });

  it('takes no other length than was signed', async () => {
    const key = `${subject.folder()}x`;
    const link = await subject.storage.presignPut(key, { ...MINUTE, contentType: 'text/plain', sizeBytes: 10 });
    for (const body of ['123456789', '12345678901', '']) {
      const answer = await subject.send(link, { body: Buffer.from(body) });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
    expect(await subject.storage.head(key)).toBeUndefined();
  });

  it('takes no other content type than was signed', async () => {
    const key = `${subject.folder()}x`;
    const link = await subject.storage.presignPut(key, { ...MINUTE, contentType: 'image/png', sizeBytes: 1 });
    const answer = await subject.send(link, { body: Buffer.from('x'), headers: { 'content-type': 'text/html' } });
    expect(answer.status).toBe(403);
    expect(await subject.storage.head(key)).toBeUndefined();
  });

  it('creates once over a link that creates, and answers 412 from then on', async () => {
    const key = `${subject.folder()}x`;
    const link = await subject.storage.presignPut(key, {
      ...MINUTE,
      contentType: OCTETS,
      sizeBytes: 5,
      ifAbsent: true,
    });
    expect((await subject.send(link, { body: Buffer.from('first') })).status).toBe(200);
    expect((await subject.send(link, { body: Buffer.from('other') })).status).toBe(412);
    const without = await subject.send(link, { body: Buffer.from('other'), without: ['if-none-match'] });
    expect(without.status).toBe(403);
    expect(await readText(subject.storage, key)).toBe('first');
  });

  it('takes the bytes whose SHA-256 was signed', async () => {
    const key = `${subject.folder()}x`;
    const sha256 = sha256Of('right');
    const link = await subject.storage.presignPut(key, { ...MINUTE, contentType: OCTETS, sizeBytes: 5, sha256 });
    const without = await subject.send(link, { body: Buffer.from('right'), without: ['x-amz-checksum-sha256'] });
    expect(without.status).toBe(403);
    const other = await subject.send(link, {
      body: Buffer.from('wrong'),
      headers: { 'x-amz-checksum-sha256': sha256Of('wrong') },
    });
    expect(other.status).toBe(403);
    if (!subject.gaps.includes('signed-sha256-unverified')) {
      expect((await subject.send(link, { body: Buffer.from('wrong') })).status).toBe(400);
    }
    expect(await subject.storage.head(key)).toBeUndefined();
    expect((await subject.send(link, { body: Buffer.from('right') })).status).toBe(200);
    expect(await readText(subject.storage, key)).toBe('right');
  });

  it('takes parts over links, and makes the object out of them', async () => {
    const key = `${subject.folder()}x`;
    const ref = await subject.storage.createMultipart(key, { contentType: 'video/mp4' });
    const bytes = someBytes(PART_BYTES + 100);
    const parts = [];
    for (const [partNumber, part] of [
      [1, bytes.subarray(0, PART_BYTES)],
      [2, bytes.subarray(PART_BYTES)],
    ] as const) {
      const link = await subject.storage.presignPart(ref, { ...MINUTE, partNumber });
      const answer = await subject.send(link, { body: part });
      expect(answer.status).toBe(200);
      parts.push({ partNumber, etag: withoutQuotes(answer.headers.get('etag')) });
    }
    const listed = await subject.storage.listParts(ref);
    expect(listed.parts.map(({ partNumber, etag }) => ({ partNumber, etag }))).toEqual(parts);
    await subject.storage.completeMultipart(ref, parts);
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
    expect((await facts(subject.storage, key)).contentType).toBe('video/mp4');
  });

  it('takes a part whatever its sender says it is, and answers its ETag in quotes', async () => {
    const key = `${subject.folder()}x`;
    const ref = await subject.storage.createMultipart(key, { contentType: 'video/mp4' });
    const link = await subject.storage.presignPart(ref, { ...MINUTE, partNumber: 1 });
    expect(link.headers).toEqual({});
    for (const type of ['image/png', 'application/json', 'application/x-www-form-urlencoded', '']) {
      const refused = subject.gaps.includes('unsigned-type-refused');
      const answer = await subject.send(link, {
        body: Buffer.from('{}'),
        ...(!refused && { headers: { 'content-type': type } }),
      });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('etag')).toMatch(/^"[^"]+"$/);
    }
    const { parts } = await subject.storage.listParts(ref);
    await subject.storage.completeMultipart(ref, parts);
    expect((await facts(subject.storage, key)).contentType).toBe('video/mp4');
    expect(await readText(subject.storage, key)).toBe('{}');
  });

  it('takes a part over no link that has expired', async () => {
    const ref = await subject.storage.createMultipart(`${subject.folder()}x`, { contentType: OCTETS });
    const link = await subject.storage.presignPart(ref, { expiresInSeconds: 1, partNumber: 1 });
    await seconds(2.5);
    expect((await subject.send(link, { body: Buffer.from('x') })).status).toBe(403);
    expect((await subject.storage.listParts(ref)).parts).toEqual([]);
    await subject.storage.abortMultipart(ref);
  });

  it('changes nothing when the link of a part is used again, after completing or aborting', async () => {
    const key = `${subject.folder()}x`;
    const refs = [
      await subject.storage.createMultipart(key, { contentType: OCTETS }),
      await subject.storage.createMultipart(key, { contentType: OCTETS }),
    ] as const;
    const links = await Promise.all(refs.map((ref) => subject.storage.presignPart(ref, { ...MINUTE, partNumber: 1 })));
    for (const link of links) expect((await subject.send(link, { body: Buffer.from('sent') })).status).toBe(200);
    const { parts } = await subject.storage.listParts(refs[0]);
    const { etag } = await subject.storage.completeMultipart(refs[0], parts);
    await subject.storage.abortMultipart(refs[1]);
    for (const link of links) {
      expect((await subject.send(link, { body: Buffer.from('sent') })).status).toBe(404);
      expect((await subject.send(link, { body: Buffer.from('other bytes') })).status).toBe(404);
    }
    expect(await readText(subject.storage, key)).toBe('sent');
    expect((await facts(subject.storage, key)).etag).toBe(etag);
    expect((await subject.storage.listUploads({ prefix: key })).uploads).toEqual([]);
  });

  it('takes no part under another number, and none of an upload that is gone', async () => {
    const key = `${subject.folder()}x`;
    const ref = await subject.storage.createMultipart(key, { contentType: OCTETS });
    const link = await subject.storage.presignPart(ref, { ...MINUTE, partNumber: 1 });
    const moved = await subject.send(link, { url: withQuery(link.url, 'partNumber', '2'), body: Buffer.from('x') });
    expect(moved.status).toBe(403);
    expect((await subject.storage.listParts(ref)).parts).toEqual([]);
    await subject.storage.abortMultipart(ref);
    expect((await subject.send(link, { body: Buffer.from('x') })).status).toBe(404);
  });

  it('does not sign for longer than seven days', async () => {
    const link = { expiresInSeconds: 604_801 };
    await expect(subject.storage.presignGet('a-fine-key', link)).rejects.toThrow();
    await expect(
      subject.storage.presignPut('a-fine-key', { ...link, contentType: OCTETS, sizeBytes: 1 }),
    ).rejects.toThrow();
    await expect(
      subject.storage.presignPart({ key: 'a-fine-key', uploadId: 'x' }, { ...link, partNumber: 1 }),
    ).rejects.toThrow();
  });
}
