import type { Service } from '../support/service.js';
import {
  formBody,
  postJson,
  send,
  type Answer,
  type FileLink,
  type FileRecord,
  type FormPart,
  type Running,
} from './e2e.js';

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Sends a form, byte for byte as given. */
export function sendForm(
  service: Service,
  route: {
    readonly method?: 'POST' | 'PUT';
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
  },
  parts: readonly FormPart[],
): Promise<Answer> {
  return send(service, { method: 'POST', ...route, body: formBody(parts) });
}

/** What was answered with 201. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what the answer is, its reader knows
export function created<T>({ status, text }: Answer): T {
  expect([status, text]).toEqual([201, expect.any(String)]);
  return JSON.parse(text) as T;
}

/** The bytes of a file, through a link. */
export async function bytesOf(service: Service, { id }: FileRecord): Promise<Buffer> {
  const { url } = await postJson<FileLink>(service, `/v1/files/${id}/links`, {});
  return Buffer.from(await (await fetch(url)).arrayBuffer());
}

/** Rows and objects of a document. */
export async function leftOf({ store, target }: Pick<Running, 'store' | 'target'>, document: string) {
  return {
    rows: await target.sql('select status from stored_file where document_id = $1', [document]),
    objects: (await store.list({ prefix: 'documents/' })).objects.filter(({ key }) => key.includes(document)),
  };
}
