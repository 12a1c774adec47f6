import type { MultipartRef, OpenUpload, UploadedPart } from '../../src/object-storage/object-storage.js';
import { InvalidPartError, KeyTakenError, UploadMissingError } from '../../src/object-storage/storage.errors.js';
import {
  crc32Of,
  facts,
  inByteOrder,
  OCTETS,
  openUploads,
  PART_BYTES,
  put,
  read,
  readText,
  someBytes,
  type Subject,
} from './storage-under-test.js';

export function multipartBehaviours(subject: Subject): void {
  function begin(key: string): Promise<MultipartRef> {
    return subject.storage.createMultipart(key, { contentType: OCTETS });
  }

  /** An upload that only has to be completed. */
  async function ready(key: string): Promise<{ ref: MultipartRef; parts: UploadedPart[]; bytes: Buffer }> {
    const ref = await begin(key);
    const bytes = someBytes(PART_BYTES + 999);
    const parts = [
      await subject.storage.uploadPart(ref, 1, bytes.subarray(0, PART_BYTES)),
      await subject.storage.uploadPart(ref, 2, bytes.subarray(PART_BYTES)),
    ];
    return { ref, parts, bytes };
  }

  async function isOpen(ref: MultipartRef): Promise<boolean> {
    const { uploads } = await subject.storage.listUploads({ prefix: ref.key });
    return uploads.some((upload) => upload.key === ref.key && upload.uploadId === ref.uploadId);
  }

  it('makes an object out of parts, with the content type of the beginning', async () => {
    const key = `${subject.folder()}talk.wav`;
    const ref = await subject.storage.createMultipart(key, { contentType: 'audio/wav' });
    const bytes = someBytes(2 * PART_BYTES + 4321);
    const parts: UploadedPart[] = [];
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      const part = bytes.subarray(at, at + PART_BYTES);
      parts.push(await subject.storage.uploadPart(ref, parts.length + 1, part));
      expect(parts.at(-1)).toMatchObject({ partNumber: parts.length, sizeBytes: part.length });
    }
    const result = await subject.storage.completeMultipart(ref, parts);
    expect(result.sizeBytes).toBe(bytes.length);
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
    const info = await facts(subject.storage, key);
    expect(info).toMatchObject({ etag: result.etag, contentType: 'audio/wav', sizeBytes: bytes.length });
    for (const crc32 of [result.checksums.crc32, info.checksums.crc32]) {
      expect([undefined, crc32Of(bytes)]).toContain(crc32);
    }
    expect(await isOpen(ref)).toBe(false);
  });

  it('shows the object only when it is complete', async () => {
    const folder = subject.folder();
    const { ref, parts } = await ready(`${folder}file`);
    expect(await subject.storage.head(`${folder}file`)).toBeUndefined();
    expect(await subject.storage.find(`${folder}file`)).toBeUndefined();
    expect(await subject.storage.list({ prefix: folder })).toEqual({ objects: [] });
    await subject.storage.completeMultipart(ref, parts);
    expect((await subject.storage.list({ prefix: folder })).objects).toHaveLength(1);
  });

  it('keeps the object that is there until another is complete', async () => {
    const key = `${subject.folder()}file`;
    await put(subject.storage, key, 'old');
    const { ref, parts, bytes } = await ready(key);
    expect(await readText(subject.storage, key)).toBe('old');
    await subject.storage.completeMultipart(ref, parts);
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
  });

  it('takes parts in any order and at once', async () => {
    const key = `${subject.folder()}file`;
    const ref = await begin(key);
    const bytes = someBytes(3 * PART_BYTES);
    const parts = await Promise.all(
      [3, 1, 2].map((number) =>
        subject.storage.uploadPart(ref, number, bytes.subarray((number - 1) * PART_BYTES, number * PART_BYTES)),
      ),
    );
    await subject.storage.completeMultipart(
      ref,
      parts.toSorted((a, b) => a.partNumber - b.partNumber),
    );
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
  });

  it('takes one small part, and numbers with gaps', async () => {
    const folder = subject.folder();
    const small = await begin(`${folder}small`);
    await subject.storage.completeMultipart(small, [await subject.storage.uploadPart(small, 1, Buffer.from('tiny'))]);
    expect(await readText(subject.storage, `${folder}small`)).toBe('tiny');

    const gaps = await begin(`${folder}gaps`);
    const first = someBytes(PART_BYTES);
    const parts = [
      await subject.storage.uploadPart(gaps, 7, first),
      await subject.storage.uploadPart(gaps, 9000, Buffer.from('end')),
    ];
    await subject.storage.completeMultipart(gaps, parts);
    expect((await read(subject.storage, `${folder}gaps`))?.equals(Buffer.concat([first, Buffer.from('end')]))).toBe(
      true,
    );
  });

  it('leaves out parts that completing does not name', async () => {
    const key = `${subject.folder()}file`;
    const { ref, parts, bytes } = await ready(key);
    await subject.storage.uploadPart(ref, 3, Buffer.from('left out'));
    if (subject.gaps.includes('every-part-named')) {
      await expect(subject.storage.completeMultipart(ref, parts)).rejects.toBeInstanceOf(InvalidPartError);
      await subject.storage.abortMultipart(ref);
      return;
    }
    await subject.storage.completeMultipart(ref, parts);
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
  });

  it('replaces a part that is sent again', async () => {
    const key = `${subject.folder()}file`;
    const ref = await begin(key);
    const old = await subject.storage.uploadPart(ref, 1, Buffer.from('old part'));
    const part = await subject.storage.uploadPart(ref, 1, Buffer.from('new'));
    expect((await subject.storage.listParts(ref)).parts).toMatchObject([
      { partNumber: 1, sizeBytes: 3, etag: part.etag },
    ]);
    expect(old.etag).not.toBe(part.etag);
    await expect(subject.storage.completeMultipart(ref, [old])).rejects.toBeInstanceOf(InvalidPartError);
    await subject.storage.completeMultipart(ref, [part]);
    expect(await readText(subject.storage, key)).toBe('new');
  });

  it('lists parts by number, in pages', async () => {
    const ref = await begin(`${subject.folder()}file`);
    for (const number of [5, 1, 12, 3, 100]) await subject.storage.uploadPart(ref, number, Buffer.alloc(number, 1));
    const numbers: number[] = [];
    let after: number | undefined;
    do {
      const page = await subject.storage.listParts(ref, { limit: 2, ...(after && { afterPartNumber: after }) });
      expect(page.parts.length).toBeLessThanOrEqual(2);
      for (const part of page.parts) {
        expect(part.sizeBytes).toBe(part.partNumber);
        expect(Math.abs((part.modifiedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
        numbers.push(part.partNumber);
      }
      after = page.nextAfterPartNumber;
    } while (after !== undefined);
    expect(numbers).toEqual([1, 3, 5, 12, 100]);
    expect((await subject.storage.listParts(ref)).nextAfterPartNumber).toBeUndefined();
    expect((await subject.storage.listParts(ref, { afterPartNumber: 100 })).parts).toEqual([]);
    await subject.storage.abortMultipart(ref);
  });

  it('tells of a listed part what completing needs', async () => {
    const key = `${subject.folder()}file`;
    const { ref, bytes } = await ready(key);
    const { parts } = await subject.storage.listParts(ref);
    await subject.storage.completeMultipart(ref, parts);
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
  });

  it('lists no parts of an upload that has none', async () => {
    const ref = await begin(`${subject.folder()}file`);
    expect(await subject.storage.listParts(ref)).toEqual({ parts: [] });
    await subject.storage.abortMultipart(ref);
  });

  it('lists open uploads by key, in pages, several of one key too', async () => {
    const folder = subject.folder();
    const names = ['b', 'a', 'a/b', 'a-b', 'B', 'a', '\u{1f600}', '\uff5e', 'b'];
    const refs: MultipartRef[] = [];
    for (const name of names) refs.push(await begin(folder + name));
    const uploads: OpenUpload[] = [];
    let after: MultipartRef | undefined;
    do {
      const page = await subject.storage.listUploads({ prefix: folder, limit: 2, ...(after && { after }) });
      expect(page.uploads.length).toBeLessThanOrEqual(2);
      uploads.push(...page.uploads);
      after = page.nextAfter;
    } while (after);
    const listed = uploads.map((upload) => upload.key);
    expect(subject.gaps.includes('uploads-loosely-ordered') ? inByteOrder(listed) : listed).toEqual(
      inByteOrder(names.map((name) => folder + name)),
    );
    expect(uploads.map((upload) => upload.uploadId).toSorted()).toEqual(refs.map((ref) => ref.uploadId).toSorted());
    for (const upload of uploads) expect(Math.abs(upload.initiatedAt.getTime() - Date.now())).toBeLessThan(60_000);
    expect((await subject.storage.listUploads({ prefix: folder })).nextAfter).toBeUndefined();
    for (const ref of refs) await subject.storage.abortMultipart(ref);
    expect(await openUploads(subject.storage, folder)).toBe(0);
  });

  it('drops an aborted upload and its parts, as often as asked', async () => {
    const key = `${subject.folder()}file`;
    const { ref, parts } = await ready(key);
    await subject.storage.abortMultipart(ref);
    await subject.storage.abortMultipart(ref);
    expect(await isOpen(ref)).toBe(false);
    expect(await subject.storage.head(key)).toBeUndefined();
    await expect(subject.storage.listParts(ref)).rejects.toBeInstanceOf(UploadMissingError);
    await expect(subject.storage.uploadPart(ref, 3, Buffer.from('x'))).rejects.toBeInstanceOf(UploadMissingError);
    await expect(subject.storage.completeMultipart(ref, parts)).rejects.toBeInstanceOf(UploadMissingError);
  });

  it('keeps the uploads of one key apart', async () => {
    const key = `${subject.folder()}file`;
    const [one, two] = [await begin(key), await begin(key)];
    await subject.storage.uploadPart(one, 1, Buffer.from('one'));
    const part = await subject.storage.uploadPart(two, 1, Buffer.from('two'));
    await subject.storage.abortMultipart(one);
    await subject.storage.completeMultipart(two, [part]);
    expect(await readText(subject.storage, key)).toBe('two');
  });

  it('refuses parts that are out of order', async () => {
    const { ref, parts } = await ready(`${subject.folder()}file`);
    await expect(subject.storage.completeMultipart(ref, parts.toReversed())).rejects.toBeInstanceOf(InvalidPartError);
    expect(await isOpen(ref)).toBe(true);
    await subject.storage.abortMultipart(ref);
  });

  it('refuses a part that was never sent, or has another ETag', async () => {
    const key = `${subject.folder()}file`;
    const { ref, parts, bytes } = await ready(key);
    const etag = parts[0]!.etag;
    await expect(subject.storage.completeMultipart(ref, [parts[0]!, { partNumber: 5, etag }])).rejects.toBeInstanceOf(
      InvalidPartError,
    );
    await expect(subject.storage.completeMultipart(ref, [parts[0]!, { partNumber: 2, etag }])).rejects.toBeInstanceOf(
      InvalidPartError,
    );
    expect(await subject.storage.head(key)).toBeUndefined();
    await subject.storage.completeMultipart(ref, parts);
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
  });

  it('refuses a part under 5 MiB that is not the last, and the upload goes on', async () => {
    const key = `${subject.folder()}file`;
    const ref = await begin(key);
    const small = await subject.storage.uploadPart(ref, 1, someBytes(1000));
    const last = await subject.storage.uploadPart(ref, 2, Buffer.from('last'));
    await expect(subject.storage.completeMultipart(ref, [small, last])).rejects.toBeInstanceOf(InvalidPartError);
    expect(await subject.storage.head(key)).toBeUndefined();
    const large = await subject.storage.uploadPart(ref, 1, someBytes(PART_BYTES));
    await subject.storage.completeMultipart(ref, [large, last]);
    expect((await facts(subject.storage, key)).sizeBytes).toBe(PART_BYTES + 4);
  });

  it('knows nothing of an upload that was never begun, or belongs to another key', async () => {
    const folder = subject.folder();
    const { ref, parts } = await ready(`${folder}file`);
    const strangers = [
      { key: `${folder}other`, uploadId: ref.uploadId },
      { key: `${folder}file`, uploadId: '0123456789abcdef' },
      { key: `${folder}file`, uploadId: '../../..' },
    ];
    for (const stranger of strangers) {
      await expect(subject.storage.uploadPart(stranger, 1, Buffer.from('x'))).rejects.toBeInstanceOf(
        UploadMissingError,
      );
      await expect(subject.storage.listParts(stranger)).rejects.toBeInstanceOf(UploadMissingError);
      await expect(subject.storage.completeMultipart(stranger, parts)).rejects.toBeInstanceOf(UploadMissingError);
      await subject.storage.abortMultipart(stranger);
    }
    expect(await isOpen(ref)).toBe(true);
    await subject.storage.abortMultipart(ref);
  });

  it('completes twice with the same answer, or says that the upload is not open', async () => {
    const key = `${subject.folder()}file`;
    const { ref, parts, bytes } = await ready(key);
    const first = await subject.storage.completeMultipart(ref, parts);
    const [second] = await Promise.allSettled([subject.storage.completeMultipart(ref, parts)]);
    if (second.status === 'fulfilled') expect(second.value.etag).toBe(first.etag);
    else expect(second.reason).toBeInstanceOf(UploadMissingError);
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
    expect(await isOpen(ref)).toBe(false);
  });

  it('takes an abort after completing for done, and keeps the object', async () => {
    const key = `${subject.folder()}file`;
    const { ref, parts, bytes } = await ready(key);
    await subject.storage.completeMultipart(ref, parts);
    await subject.storage.abortMultipart(ref);
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
  });

  it('completes only where nothing is, when asked to', async () => {
    const folder = subject.folder();
    const free = await ready(`${folder}free`);
    await subject.storage.completeMultipart(free.ref, free.parts, { ifAbsent: true });
    expect((await read(subject.storage, `${folder}free`))?.equals(free.bytes)).toBe(true);

    const taken = await ready(`${folder}taken`);
    await put(subject.storage, `${folder}taken`, 'I was first');
    await expect(subject.storage.completeMultipart(taken.ref, taken.parts, { ifAbsent: true })).rejects.toBeInstanceOf(
      KeyTakenError,
    );
    expect(await readText(subject.storage, `${folder}taken`)).toBe('I was first');
    await subject.storage.abortMultipart(taken.ref);
    expect(await openUploads(subject.storage, folder)).toBe(0);
  });
}
