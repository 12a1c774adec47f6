import type { PresignPostOptions, SignedForm } from '../../src/object-storage/object-storage.js';
import { facts, put, read, readText, seconds, someBytes, type Subject } from './storage-under-test.js';

const TERMS: PresignPostOptions = {
  expiresInSeconds: 60,
  contentType: 'text/plain',
  minSizeBytes: 1,
  maxSizeBytes: 10,
};

interface FormChange {
  readonly body?: Buffer | string;
  /** In place of the signed ones, or beside them. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly without?: string;
  /** What the file's own part says it is. */
  readonly fileType?: string;
}

export function formBehaviours(subject: Subject): void {
  function post(form: SignedForm, { body = 'the bytes', fields, without, fileType }: FormChange = {}) {
    const data = new FormData();
    for (const [name, value] of Object.entries({ ...form.fields, ...fields })) {
      if (name !== without) data.append(name, value);
    }
    const file = new Blob([new Uint8Array(Buffer.from(body))], { type: fileType ?? '' });
    data.append('file', file, 'name on the disk.txt');
    return subject.fetch(form.url, { method: form.method, body: data });
  }

  async function statusOf(answer: Promise<Response>): Promise<number> {
    const { status, text } = await answer.then(async (it) => ({ status: it.status, text: await it.text() }));
    expect(text).not.toBe('');
    return status;
  }

  it('takes the file that fits, and says where it is', async () => {
    const key = `${subject.folder()}r\u00e9sum\u00e9 (1) & more.txt`;
    const form = await subject.storage.presignPost(key, TERMS);
    expect(form).toMatchObject({ method: 'POST', fields: { key, success_action_status: '201' } });
    expect(Math.abs(form.expiresAt.getTime() - Date.now() - 60_000)).toBeLessThan(5000);
    const answer = await post(form, { body: '0123456789', fileType: 'image/png' });
    const xml = await answer.text();
    expect([answer.status, xml]).toEqual([201, expect.stringMatching(/<PostResponse\b/)]);
    const info = await facts(subject.storage, key);
    expect(xml).toContain(`<Bucket>${subject.storage.bucket}</Bucket>`);
    expect(xml).toMatch(/<Key>.*\(1\) &amp; more\.txt<\/Key>/);
    expect(xml).toContain(info.etag);
    expect(info).toMatchObject({ contentType: 'text/plain', sizeBytes: 10 });
    expect(await readText(subject.storage, key)).toBe('0123456789');
  });

  it('takes a large file as it comes', async () => {
    const key = `${subject.folder()}large`;
    const bytes = someBytes(3_000_000);
    const form = await subject.storage.presignPost(key, { ...TERMS, maxSizeBytes: bytes.length });
    expect(await statusOf(post(form, { body: bytes }))).toBe(201);
    expect((await read(subject.storage, key))?.equals(bytes)).toBe(true);
  });

  it('takes an empty file where nothing forbids it', async () => {
    const key = `${subject.folder()}empty`;
    const form = await subject.storage.presignPost(key, { ...TERMS, minSizeBytes: 0 });
    expect(await statusOf(post(form, { body: '' }))).toBe(201);
    expect((await facts(subject.storage, key)).sizeBytes).toBe(0);
  });

  it.each<[string, (folder: string) => FormChange]>([
    ['one byte too many', () => ({ body: '0123456789x' })],
    ['far too many bytes', () => ({ body: someBytes(2_000_000) })],
    ['too few bytes', () => ({ body: '' })],
    ['another key', (folder) => ({ fields: { key: `${folder}other` } })],
    ['a key to fill in', (folder) => ({ fields: { key: `${folder}\${filename}` } })],
    ['another content type', () => ({ fields: { 'Content-Type': 'text/html' } })],
    ['no content type', () => ({ without: 'Content-Type' })],
    ['another status to answer', () => ({ fields: { success_action_status: '200' } })],
    ['no signature', () => ({ without: 'X-Amz-Signature' })],
    ['another signature', () => ({ fields: { 'X-Amz-Signature': '0'.repeat(64) } })],
    ['no policy', () => ({ without: 'Policy' })],
  ])('refuses %s, and stores nothing', async (_, change) => {
    const folder = subject.folder();
    const form = await subject.storage.presignPost(`${folder}file`, TERMS);
    const status = await statusOf(post(form, change(folder)));
    expect([400, 403, 413]).toContain(status);
    expect(await subject.storage.list({ prefix: folder })).toEqual({ objects: [] });
  });

  it('refuses a policy that was altered', async () => {
    const key = `${subject.folder()}file`;
    const form = await subject.storage.presignPost(key, TERMS);
    const policy = JSON.parse(Buffer.from(form.fields['Policy'] ?? '', 'base64').toString()) as {
      conditions: unknown[];
    };
    const conditions = policy.conditions.map((one) => (Array.isArray(one) ? ['content-length-range', 1, 1e9] : one));
    const altered = Buffer.from(JSON.stringify({ ...policy, conditions })).toString('base64');
    expect(await statusOf(post(form, { body: someBytes(100), fields: { Policy: altered } }))).toBe(403);
    expect(await subject.storage.head(key)).toBeUndefined();
  });

  it('refuses a policy that has expired', async () => {
    const key = `${subject.folder()}file`;
    const form = await subject.storage.presignPost(key, { ...TERMS, expiresInSeconds: 1 });
    await seconds(2.5);
    expect(await statusOf(post(form))).toBe(403);
    expect(await subject.storage.head(key)).toBeUndefined();
  });

  it('replaces what is under the key: a form cannot create only', async () => {
    const key = `${subject.folder()}file`;
    await put(subject.storage, key, 'old');
    const form = await subject.storage.presignPost(key, TERMS);
    expect(await statusOf(post(form, { body: 'first' }))).toBe(201);
    expect(await statusOf(post(form, { body: 'second' }))).toBe(201);
    expect(await readText(subject.storage, key)).toBe('second');
  });

  it('signs no form for longer than seven days, for no sizes, or for a key to fill in', async () => {
    const { storage } = subject;
    await expect(storage.presignPost('a-key', { ...TERMS, expiresInSeconds: 604_801 })).rejects.toThrow(RangeError);
    await expect(storage.presignPost('a-key', { ...TERMS, minSizeBytes: 11 })).rejects.toThrow(RangeError);
    await expect(storage.presignPost('a/${filename}', TERMS)).rejects.toMatchObject({ code: 'INVALID_KEY' });
    await expect(storage.presignPost('', TERMS)).rejects.toMatchObject({ code: 'INVALID_KEY' });
  });
}
