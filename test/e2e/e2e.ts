import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ObjectStorage } from '../../src/object-storage/object-storage.js';
import { Service, until } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';

const AUDIO = fileURLToPath(new URL('../fixtures/audio', import.meta.url));
export const UNKNOWN_ID = '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a';
export const BOUNDARY = 'e2e-boundary-7f3a';

/** The service and everything it stands on; `key` is not printed, so that the logs can be searched for it. */
export interface Running {
  readonly service: Service;
  readonly target: Target;
  /** The store, not through the service. */
  readonly store: ObjectStorage;
  close(): Promise<void>;
}

export async function startService(env: Readonly<Record<string, string>> = {}): Promise<Running> {
  const opened = await openTarget();
  const target: Target = {
    ...opened,
    env: { BOOTSTRAP_API_KEY: randomBytes(32).toString('hex'), ...opened.env, ...env },
  };
  const service = await Service.start(target);
  return {
    service,
    target,
    store: await target.store(),
    close: async () => {
      await service.stop();
      await target.close();
    },
  };
}

export interface FileRecord {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly bucket: string;
  readonly originalFilename: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly checksum: { readonly algorithm: string; readonly value: string };
  readonly status: string;
  readonly rejectedReason: string | null;
  readonly condition: string;
  readonly processingStatus: string | null;
  readonly sessionId: string | null;
  readonly sourceFileId: string | null;
  readonly createdBy: string;
  readonly trashedAt: string | null;
  readonly link?: FileLink;
}

export interface FileLink {
  readonly url: string;
  readonly expiresAt: string;
  readonly servedBy: string;
}

export interface FileList {
  readonly items: readonly FileRecord[];
  readonly nextCursor: string | null;
}

export interface Processing {
  readonly fileId: string;
  readonly status: string;
  readonly step: string | null;
  readonly progress: number;
  readonly attempts: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly steps: readonly { readonly name: string; readonly status: string; readonly finishedAt: string | null }[];
  readonly results: readonly string[];
}

export function fixture(name: string): Buffer {
  return readFileSync(join(AUDIO, name));
}

/** A playable recording of so many bytes: 16-bit mono noise at 44.1 kHz. */
export function wav(sizeBytes: number): Buffer {
  const bytes = randomBytes(sizeBytes);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(sizeBytes - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(44_100, 24);
  bytes.writeUInt32LE(88_200, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(sizeBytes - 44, 40);
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** Uploads to a session and gives the record; anything but 201 is an error. */
export async function uploaded(
  service: Service,
  session: string,
  file: { name: string; bytes: Uint8Array },
): Promise<FileRecord> {
  const response = await service.upload(`/v1/sessions/${session}/files`, file);
  const text = await response.text();
  if (response.status !== 201) throw new Error(`The upload was answered ${response.status}: ${text}`);
  return JSON.parse(text) as FileRecord;
}

/** Waits until nothing is left to do for a recording. */
export function processed(service: Service, fileId: string): Promise<Processing> {
  return until(
    `the end of the processing of ${fileId}`,
    () => service.json<Processing>(`/v1/processing/${fileId}`),
    ({ status }) => status !== 'queued' && status !== 'running',
    120,
  );
}

export async function postJson<T>(service: Service, path: string, body: unknown, status = 201): Promise<T> {
  return service.json<T>(
    path,
    { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
    status,
  );
}

/** A key with these scopes only. */
export async function makeKey(target: Target, scopes: readonly string[]): Promise<{ id: string; key: string }> {
  const key = `cs_${randomBytes(24).toString('base64url')}`;
  const id = randomUUID();
  await target.sql(`insert into api_key (id, name, hash, scopes, created_at) values ($1, 'e2e', $2, $3, now())`, [
    id,
    createHash('sha256').update(key).digest('hex'),
    scopes,
  ]);
  return { id, key };
}

export interface FormPart {
  /** The lines of the part's head, in place of those made of the rest. */
  readonly head?: string;
  readonly name?: string;
  readonly filename?: string;
  readonly body: Uint8Array | string;
}

/** A part that holds the file of a form. */
export function filePart(filename: string, body: Uint8Array | string): FormPart {
  return { name: 'file', filename, body };
}

/** A multipart/form-data body, byte for byte as given: nothing is escaped. */
export function formBody(parts: readonly FormPart[], end = `--${BOUNDARY}--\r\n`): Buffer {
  const pieces = parts.flatMap(({ head, name, filename, body }) => [
    Buffer.from(
      `--${BOUNDARY}\r\n${head ?? `Content-Disposition: form-data; name="${name ?? ''}"${filename === undefined ? '' : `; filename="${filename}"`}`}\r\n\r\n`,
    ),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(end)]);
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Sends the body without announcing its length. */
  readonly chunked?: boolean;
  /** No API key. */
  readonly anonymous?: boolean;
}

/** A request whose path and body go out as they are. An answer that comes before the body is all sent counts. */
export function send(service: Service, request: RawRequest): Promise<Answer> {
  const { body, chunked = false, anonymous = false } = request;
  const { hostname, port } = new URL(service.url);
  return new Promise((resolve, reject) => {
    let answered = false;
    const outgoing = http.request({
      hostname,
      port,
      agent: false,
      method: request.method ?? (body === undefined ? 'GET' : 'POST'),
      path: request.path,
      headers: {
        ...(!anonymous && { authorization: `Bearer ${service.key}` }),
        ...(body !== undefined && { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }),
        ...(body !== undefined && !chunked && { 'content-length': String(body.length) }),
        ...(chunked && { 'transfer-encoding': 'chunked' }),
        ...request.headers,
      },
    });
    outgoing.on('response', (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    outgoing.on('error', (error) => {
      // The service may close while we still send; its answer was there first.
      if (!answered) reject(error);
    });
    outgoing.end(body);
  });
}

/** Posts a form, byte for byte, to a session. */
export function postForm(
  service: Service,
  session: string,
  body: Buffer,
  request: Omit<RawRequest, 'path' | 'body'> & { readonly query?: string } = {},
): Promise<Answer> {
  return send(service, { ...request, path: `/v1/sessions/${session}/files${request.query ?? ''}`, body });
}

/** A connection on which an upload has begun; the head goes out, the body is the caller's. */
export async function beginUpload(
  service: Service,
  session: string,
  headers: Readonly<Record<string, string>>,
): Promise<Socket> {
  const { hostname, port, host } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const lines = Object.entries({
    host,
    authorization: `Bearer ${service.key}`,
    'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /v1/sessions/${session}/files HTTP/1.1\r\n${lines.join('')}\r\n`);
  return socket;
}

/** Everything that comes on a connection until it is closed. */
export async function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  if (!socket.closed) await once(socket, 'close');
  return text;
}

/** Asserts that an answer is an error as clients know them. */
export function expectError(answer: Answer, status: number, code: string): Record<string, unknown> {
  const body = JSON.parse(answer.text === '' ? '{}' : answer.text) as Record<string, unknown>;
  expect({ status: answer.status, ...body }).toMatchObject({
    status,
    statusCode: status,
    code,
    message: expect.stringMatching(/\S/) as unknown,
    requestId: answer.headers['x-request-id'],
  });
  expect(body['requestId']).toMatch(/^[\w.:-]{8,128}$/);
  return body;
}

export async function toAnswer(response: Response): Promise<Answer> {
  return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
}

/** What is there of a session: objects, open uploads, rows. */
export async function remains({ store, target }: Pick<Running, 'store' | 'target'>, session: string) {
  const ofSession = (key: string): boolean => key.includes(`/session-${session}/`);
  const { objects } = await store.list({ prefix: 'audio-files/' });
  const { uploads } = await store.listUploads();
  const rows = await target.sql<{ status: string }>('select status from stored_file where session_id = $1', [session]);
  return {
    objects: objects.map((object) => object.key).filter(ofSession),
    uploads: uploads.map((upload) => upload.key).filter(ofSession),
    rows: rows.map((row) => row.status),
  };
}

export const NOTHING = { objects: [], uploads: [], rows: [] };

/** Waits until nothing is left of a session; the last findings are in the error. */
export async function expectNothingLeft(
  running: Pick<Running, 'store' | 'target'>,
  session: string,
  seconds = 90,
): Promise<void> {
  await until(
    `an empty session ${session}`,
    () => remains(running, session),
    ({ objects, uploads, rows }) => objects.length + uploads.length + rows.length === 0,
    seconds,
  );
}

/** The name under which a browser saves a download (RFC 6266: `filename*` goes before `filename`). */
export function downloadName(header: string | null): string | undefined {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(header ?? '')?.[1];
  if (extended !== undefined) return decodeURIComponent(extended);
  return /filename="([^"]*)"/i.exec(header ?? '')?.[1];
}

/** Secrets that must not stand in a log. */
export function secretsIn(service: Service): readonly string[] {
  const { logs, key, target } = service;
  const secret = target.env['AWS_SECRET_ACCESS_KEY'];
  return [
    ...(logs.includes(key) ? ['the API key'] : []),
    ...(secret !== undefined && logs.includes(secret) ? ['the secret access key'] : []),
    ...(logs.match(/signature["']?\s*[=:]\s*["']?[0-9a-f]{32,}/gi) ?? []),
  ];
}
