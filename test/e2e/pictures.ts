import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Service } from '../support/service.js';
import type { FileRecord, Running } from './e2e.js';

const MAIN = process.env['TEST_SERVICE_MAIN'] ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const CLI = join(dirname(MAIN), 'cli', 'main.js');

export interface PictureRecord {
  readonly main: PictureFile;
  readonly thumbnail: PictureFile;
  readonly url: string;
  readonly thumbnailUrl: string;
}

export interface PictureFile extends FileRecord {
  readonly ownerId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export const userAvatar = (id: string): string => `/v1/users/${id}/avatar`;
export const stakeholderAvatar = (id: string): string => `/v1/stakeholders/${id}/avatar`;
export const logo = (id: string): string => `/v1/organizations/${id}/logo`;

export function put(service: Service, path: string, bytes: Uint8Array, name = 'me.png'): Promise<Response> {
  return service.upload(path, { name, bytes }, { method: 'PUT' });
}

/** Puts a picture that must be taken. */
export async function taken(
  service: Service,
  path: string,
  picture: { readonly bytes: Uint8Array; readonly name?: string },
): Promise<PictureRecord> {
  const response = await put(service, path, picture.bytes, picture.name);
  const text = await response.text();
  if (!response.ok) throw new Error(`The picture was answered ${response.status}: ${text}`);
  return JSON.parse(text) as PictureRecord;
}

/** What anybody gets under the URL of a picture: no key is sent. The host is the service's, whatever PUBLIC_URL says. */
export function show(service: Service, url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url.replace(/^.*?(?=\/v1\/)/, service.url), init);
}

/** The bytes of both sizes. */
export function shown(service: Service, { url, thumbnailUrl }: PictureRecord): Promise<readonly [Buffer, Buffer]> {
  const bytes = async (of: string): Promise<Buffer> => {
    const response = await show(service, of);
    if (response.status !== 200) throw new Error(`${of} was answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
  return Promise.all([bytes(url), bytes(thumbnailUrl)]);
}

/** What there is below a folder of the bucket: objects, uploads, rows in any state. */
export async function traces({ store, target }: Pick<Running, 'store' | 'target'>, prefix: string): Promise<string[]> {
  const { objects } = await store.list({ prefix });
  const { uploads } = await store.listUploads({ prefix });
  const rows = await target.sql<{ key: string; status: string }>(
    'select key, status from stored_file where starts_with(key, $1)',
    [prefix],
  );
  return [
    ...objects.map(({ key }) => `object ${key}`),
    ...uploads.map(({ key }) => `upload ${key}`),
    ...rows.map(({ key, status }) => `${status} ${key}`),
  ];
}

/** One sweep at once, in place of the next in half a minute. */
export async function sweep({ env }: Pick<Running['target'], 'env'>): Promise<void> {
  const { PATH = '', HOME = '' } = process.env;
  await promisify(execFile)(process.execPath, [CLI, 'sweep'], { env: { PATH, HOME, ...env } });
}
