import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Service } from './service.js';

/** What POST /v1/uploads answers, as far as senders need it. */
export interface OpenedUpload {
  readonly id: string;
  readonly fileId: string;
  readonly strategy: string;
  readonly method: string;
  readonly url: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly partSizeBytes: number | null;
  readonly partCount: number | null;
  readonly parts: readonly SignedPart[];
}

export interface SignedPart {
  readonly partNumber: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A file that is made as it is sent: bytes from `start`, so many. */
export type ByteSource = (start: number, length: number) => Iterable<Buffer>;

/** Opens an upload as a client of the REST routes does. */
export function openUpload(
  service: Service,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenedUpload> {
  return service.json<OpenedUpload>('/v1/uploads', jsonBody(body, headers), 201);
}

/** Sends a whole file in parts, one after the other, asking for more URLs as they run out, and completes it. */
export async function sendInParts(
  service: Service,
  file: { readonly body: Readonly<Record<string, unknown>>; readonly sizeBytes: number; readonly bytes: ByteSource },
): Promise<{ readonly id: string; readonly sizeBytes: number }> {
  const upload = await openUpload(service, { ...file.body, size: file.sizeBytes });
  const partSize = upload.partSizeBytes ?? file.sizeBytes;
  let urls = upload.parts;
  for (let number = 1; number <= (upload.partCount ?? 0); number += 1) {
    let url = urls.find(({ partNumber }) => partNumber === number);
    if (url === undefined) {
      const more = await service.json<{ parts: SignedPart[] }>(
        `/v1/uploads/${upload.id}/parts`,
        jsonBody({ from: number, count: 100 }),
      );
      urls = more.parts;
      url = urls[0];
    }
    const start = (number - 1) * partSize;
    const length = Math.min(partSize, file.sizeBytes - start);
    const status = await put(url?.url ?? '', file.bytes(start, length), { ...url?.headers, 'content-length': length });
    if (status !== 200) throw new Error(`Part ${number} was answered ${status}`);
  }
  return service.json(`/v1/uploads/${upload.id}/complete`, jsonBody({}));
}

/** Streams a body of known length; the status of the answer. */
export async function put(
  url: string,
  body: Iterable<Buffer>,
  headers: Readonly<Record<string, string | number>>,
): Promise<number> {
  const call = request(url, { method: 'PUT', headers });
  const answered = new Promise<number>((resolve, reject) => {
    call.on('response', (response) => {
      response.resume();
      response.on('end', () => {
        resolve(response.statusCode ?? 0);
      });
      response.on('error', reject);
    });
    call.on('error', reject);
  });
  answered.catch(() => undefined);
  await pipeline(Readable.from(body, { objectMode: false }), call);
  return answered;
}

export function jsonBody(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
