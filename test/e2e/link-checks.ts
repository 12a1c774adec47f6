import { TEST_TARGET } from '../support/target.js';
import {
  downloadName,
  fixture,
  toAnswer,
  uploaded,
  type Answer,
  type FileLink,
  type FileRecord,
  type Running,
} from './e2e.js';

export const NAME = 'Entrevista №1 (final).flac';
export const BYTES = fixture('mono-22k.flac');
export const STORE = TEST_TARGET === 's3' ? 's3' : 'local';

export type Get = (url: string, init?: RequestInit) => Promise<Response>;
export interface Batch {
  readonly items: readonly (FileLink & { readonly fileId: string })[];
}
export interface AuditRow {
  readonly subject_id: string;
  readonly details: Record<string, string>;
  readonly address: string;
  readonly statement: string;
}

export const upload = (running: Running, session: string): Promise<FileRecord> =>
  uploaded(running.service, session, { name: NAME, bytes: BYTES });

export const post = async (running: Running, path: string, body?: unknown, headers = {}): Promise<Answer> =>
  toAnswer(
    await running.service.fetch(path, {
      method: 'POST',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    }),
  );

/** What the ledger has of these, oldest first. Rows of one INSERT have one `statement`. */
export const ledger = (running: Running, subjects: readonly string[]): Promise<AuditRow[]> =>
  running.target.sql<AuditRow>(
    `select subject_id, details, address, xmin::text || '/' || cmin::text as statement from audit_event
      where subject_id = any($1) and action in ('link.created', 'cookies.created') order by id`,
    [subjects],
  );

export async function expectDownload(get: Get, url: string): Promise<void> {
  const whole = await get(url);
  expect(whole.status).toBe(200);
  expect(whole.headers.get('content-type')).toBe('audio/flac');
  expect(whole.headers.get('content-disposition')).toMatch(/^attachment;/);
  expect(downloadName(whole.headers.get('content-disposition'))).toBe(NAME);
  expect(Buffer.from(await whole.arrayBuffer()).equals(BYTES)).toBe(true);
  for (const [range, from, to] of [
    ['bytes=100-1099', 100, 1100],
    ['bytes=-50', BYTES.length - 50, BYTES.length],
  ] as const) {
    const part = await get(url, { headers: { range } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${BYTES.length}`);
    expect(Buffer.from(await part.arrayBuffer()).equals(BYTES.subarray(from, to))).toBe(true);
  }
}

/** The same URL with one thing changed, in every way that may let somebody have more than was given. */
export function forgeries(url: string, other: string): Map<string, string> {
  const [address = '', query = ''] = url.split('?');
  const pairs = query.split('&');
  const forged = new Map<string, string>([
    ['the path of another file', `${other.split('?')[0] ?? ''}?${query}`],
    ['a longer path', `${address}x?${query}`],
    ['no query', address],
    ['one parameter more', `${url}&response-content-type=text%2Fhtml`],
    ['one parameter more, at the front', `${address}?response-content-disposition=inline&${query}`],
  ]);
  pairs.forEach((pair, index) => {
    const [name = '', value = ''] = pair.split('=');
    const last = value.at(-1);
    const changed = `${value.slice(0, -1)}${last === '1' ? '2' : '1'}`;
    // In base64 the last characters before the padding may hold bits that no one reads: the first is changed as well.
    const atFront = `${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`;
    for (const [what, text] of [
      [`${name} changed`, changed],
      [`${name} changed at its front`, atFront],
      [`${name} emptied`, ''],
    ] as const) {
      // An empty parameter that is emptied is the link itself.
      if (text !== value) forged.set(what, `${address}?${pairs.with(index, `${name}=${text}`).join('&')}`);
    }
    forged.set(`no ${name}`, `${address}?${pairs.filter((_, at) => at !== index).join('&')}`);
  });
  return forged;
}

export async function expectNoForgery(get: Get, links: readonly [FileLink, FileLink]): Promise<void> {
  const [{ url }, other] = links;
  const taken: string[] = [];
  for (const [what, forged] of forgeries(url, other.url)) {
    const { status, text } = await toAnswer(await get(forged));
    if (![400, 403].includes(status) || text.includes('fLaC')) taken.push(`${what}: ${status}`);
  }
  expect(taken).toEqual([]);
}

/** Every value in a link that nobody may find in a log. */
export function secretsOf(url: string): string[] {
  return [...new URL(url).searchParams]
    .filter(([name]) => ['X-Amz-Signature', 'Signature', 'Policy'].includes(name))
    .map(([, value]) => value);
}
