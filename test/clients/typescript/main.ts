/**
 * What somebody writes on top of the client that @hey-api/openapi-ts generates from /docs-json: uploads a file, lists it and
 * downloads it. Prints one JSON object. It is compiled beside the generated `client/`, with the tsconfig.json of this folder.
 */
import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import {
  fileReceiptsReceipt,
  filesGet,
  filesLink,
  filesList,
  kindsList,
  sessionsFiles,
  sessionsPut,
  sessionsUpload,
  type FileResponse,
} from './client/index.js';
import { client } from './client/client.gen.js';

const [baseUrl = '', path = ''] = process.argv.slice(2);
const SESSION = 'generated-client';

client.setConfig({ baseUrl, auth: process.env['API_KEY'] ?? '' });

const file = new File([await openAsBlob(path)], basename(path));
const uploaded = await sessionsUpload({
  path: { id: SESSION },
  query: { type: 'audio', link: '1' },
  headers: { 'Idempotency-Key': 'generated-client-1' },
  body: { file },
  throwOnError: true,
});
const record: FileResponse = uploaded.data;
// Types that a poor description gets wrong: dates and numbers that may be null, closed sets, nested objects.
const storedAt: string | null = record.storedAt;
const sizeBytes: number | null = record.sizeBytes;
const status: 'pending' | 'stored' | 'trashed' | 'purging' | 'rejected' = record.status;
const checksum: { algorithm: string; value: string } | null = record.checksum;
const metadata: Record<string, string> = record.metadata;
const rejectedReason: string | null = record.rejectedReason;

const ofSession = await sessionsFiles({ path: { id: SESSION }, query: { limit: 10 }, throwOnError: true });
const ofKind = await filesList({ query: { kind: record.kind, status: 'stored' }, throwOnError: true });
const kinds = await kindsList({ throwOnError: true });

const link = await filesLink({
  path: { id: record.id },
  body: { expiresInSeconds: 60, disposition: 'attachment' },
  throwOnError: true,
});
const download = await fetch(link.data.url);
const bytes = new Uint8Array(await download.arrayBuffer());

// The body is the file.
const digest = createHash('sha256').update(bytes).digest('base64');
const put = await sessionsPut({
  path: { id: SESSION, filename: basename(path) },
  headers: { 'Content-Digest': `sha-256=:${digest}:` },
  body: file,
  throwOnError: true,
});
const receipt = await fileReceiptsReceipt({ path: { id: put.data.id }, throwOnError: true });
const verifiers: ('client' | 'service' | 'store')[] = receipt.data.verifications.map(({ by }) => by);

// An error is a value of the documented type.
const missing = await filesGet({ path: { id: '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a' } });

console.log(
  JSON.stringify({
    uploaded: { httpStatus: uploaded.response.status, storedAt, sizeBytes, status, checksum, metadata, rejectedReason },
    withLink: uploaded.data.link?.servedBy,
    listed: ofSession.data.items.map(({ id }) => id === record.id),
    nextCursor: ofSession.data.nextCursor,
    ofKind: ofKind.data.items.some(({ id }) => id === record.id),
    kinds: kinds.data.items.map(({ kind, maxSizeBytes }) => [kind, maxSizeBytes]),
    downloaded: { httpStatus: download.status, sha256: createHash('sha256').update(bytes).digest('base64') },
    put: { sizeBytes: put.data.sizeBytes, verifiers },
    missing: { httpStatus: missing.response?.status, code: missing.error?.code },
  }),
);
