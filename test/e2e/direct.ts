import { randomBytes } from 'node:crypto';
import { postJson, type FileRecord, type Running } from './e2e.js';

export const MEBIBYTE = 1024 * 1024;

/** Small thresholds, so that small files come in parts. */
export const SMALL_PARTS = { MULTIPART_THRESHOLD_MB: '5', MULTIPART_PART_SIZE_MB: '5', MAX_FILE_SIZE_MB: '20' };

/** An answer to `POST /v1/uploads`. */
export interface OpenedUpload {
  readonly id: string;
  readonly fileId: string;
  readonly strategy: 'single' | 'multipart';
  readonly method: 'PUT' | 'POST';
  readonly url: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string>> | null;
  readonly partSizeBytes: number | null;
  readonly partCount: number | null;
  readonly parts: readonly PartUrl[];
  readonly expiresAt: string;
}

export interface PartUrl {
  readonly partNumber: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface UploadState {
  readonly id: string;
  readonly fileId: string;
  readonly status: string;
  readonly reason: string | null;
  readonly sizeBytes: number | null;
  readonly parts: readonly { readonly partNumber: number; readonly sizeBytes: number; readonly etag: string }[];
  readonly expiresAt: string;
}

/** A document of so many bytes: nothing processes it. */
export function pdf(sizeBytes: number): Buffer {
  const bytes = randomBytes(sizeBytes);
  bytes.write('%PDF-1.7\n', 0, 'latin1');
  return bytes;
}

/** What an upload of a document to a session says. */
export function announced(sessionId: string, bytes: Uint8Array, more: Readonly<Record<string, unknown>> = {}) {
  return { kind: 'session-original', sessionId, type: 'document', filename: 'a.pdf', size: bytes.length, ...more };
}

/** Opens an upload of a document. */
export function open(
  { service }: Running,
  sessionId: string,
  file: { readonly bytes: Uint8Array; readonly more?: Readonly<Record<string, unknown>> },
): Promise<OpenedUpload> {
  return postJson<OpenedUpload>(service, '/v1/uploads', announced(sessionId, file.bytes, file.more));
}

/** Sends bytes to a URL of an upload; nothing else goes along. */
export function put(
  { url, headers }: Pick<OpenedUpload, 'url' | 'headers'>,
  bytes: Uint8Array,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(url ?? '', { method: 'PUT', headers: { ...headers, ...more }, body: bytes });
}

/** Posts a form as a browser does, the file last. */
export function postFields(
  { url, fields }: Pick<OpenedUpload, 'url' | 'fields'>,
  bytes: Uint8Array,
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields ?? {})) form.append(name, value);
  form.append('file', new Blob([bytes]), 'whatever.pdf');
  return fetch(url ?? '', { method: 'POST', body: form });
}

/** Sends all the parts of a file; their ETags as the store gave them. */
export async function putParts(
  { parts, partSizeBytes }: Pick<OpenedUpload, 'parts' | 'partSizeBytes'>,
  bytes: Uint8Array,
): Promise<{ partNumber: number; etag: string }[]> {
  const sent: { partNumber: number; etag: string }[] = [];
  for (const part of parts) {
    const start = (part.partNumber - 1) * (partSizeBytes ?? 0);
    const response = await put(part, bytes.subarray(start, start + (partSizeBytes ?? 0)));
    if (response.status !== 200) throw new Error(`A part was answered ${response.status}: ${await response.text()}`);
    sent.push({ partNumber: part.partNumber, etag: response.headers.get('etag') ?? '' });
  }
  return sent;
}

export function complete({ service }: Running, id: string, body: unknown = {}): Promise<FileRecord> {
  return postJson<FileRecord>(service, `/v1/uploads/${id}/complete`, body, 200);
}

/** Completes an upload in vain; the error. */
export function refused(
  { service }: Running,
  id: string,
  { status, body = {} }: { readonly status: number; readonly body?: unknown },
): Promise<{ code: string; details?: Record<string, unknown> }> {
  return postJson(service, `/v1/uploads/${id}/complete`, body, status);
}

export function state({ service }: Running, id: string): Promise<UploadState> {
  return service.json<UploadState>(`/v1/uploads/${id}`);
}

/** What lies under the key of an upload, and what is open there. */
export async function atStore({ store, target }: Running, { id }: Pick<OpenedUpload, 'id'>) {
  const [row] = await target.sql<{ key: string; staged: string | null }>(
    'select key, staged_key as staged from upload where id = $1',
    [id],
  );
  if (row === undefined) throw new Error(`There is no upload ${id}`);
  const { uploads } = await store.listUploads({ prefix: row.key });
  return {
    key: row.key,
    object: (await store.head(row.key)) !== undefined,
    staged: row.staged === null ? null : (await store.head(row.staged)) !== undefined,
    openUploads: uploads.length,
  };
}

/** The bytes under a key. */
export async function bytesAt({ store }: Running, key: string): Promise<Buffer | undefined> {
  const content = await store.find(key);
  if (content === undefined) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of content.body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Moves everything that an upload waits for into the past. */
export async function letExpire(
  { target }: Running,
  { id, fileId }: Pick<OpenedUpload, 'id' | 'fileId'>,
): Promise<void> {
  await target.sql(
    `update upload set writable_until = now() - interval '1 second', expires_at = now() - interval '1 second',
       next_check_at = case when status = 'open' then now() end where id = $1`,
    [id],
  );
  await target.sql(
    `update stored_file set writable_until = now() - interval '1 second',
       lease_until = case when status = 'rejected' then now() - interval '1 second' else lease_until end where id = $1`,
    [fileId],
  );
}
