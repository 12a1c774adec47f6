import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Upload as TusUpload } from 'tus-js-client';
import { storage } from '../cli/command.js';
import { jsonBody, put, type OpenedUpload, type SignedPart } from './direct-sender.js';
import { startDroppingProxy, type DroppingProxy } from './dropping-proxy.js';
import { Service } from './service.js';
import { openTarget, type Target } from './target.js';
import { TEST_S3_ENDPOINT } from './test-bucket.js';
import { wavHeader } from './wav.js';

const KIBIBYTE = 1024;
const PART_BYTES = 5 * KIBIBYTE * KIBIBYTE;
const TRIES = 60;
/** After how long without a word the uploads of these runs are given up. */
const EXPIRY_SECONDS = 20;

export interface FlakyOptions {
  readonly uploads: number;
  /** Of connections that are cut. */
  readonly share: number;
  /** Of the largest files. */
  readonly maxSizeBytes: number;
  readonly seed: number;
}

/** What a run left, behind one round of the reaper. */
export interface FlakyOutcome {
  readonly seconds: number;
  readonly uploads: number;
  /** Connections that were cut, to the service and to the store. */
  readonly drops: number;
  /** Uploads that met at least one of them, and requests and transfers that were repeated. */
  readonly interrupted: number;
  readonly retries: number;
  readonly byClient: Readonly<Record<string, number>>;
  readonly stored: number;
  /** Files whose bytes are not those that were sent. */
  readonly different: readonly string[];
  /** Files that were sent once and are there twice. */
  readonly doubled: number;
  /** Rows, objects and open multipart uploads that belong to no stored file. */
  readonly left: readonly string[];
}

interface Job {
  readonly name: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** Half of them by REST. */
const SORTS = ['rest', 'tus', 'put', 'rest'] as const;
type Sort = (typeof SORTS)[number];

/** Repeatable numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Lets many clients of all sorts upload at once over connections that break, and looks at what became of it. */
export async function runFlakyClients(options: FlakyOptions): Promise<FlakyOutcome> {
  const random = randomFrom(options.seed);
  const target = await openTarget();
  let service: Service | undefined;
  const dropping = (to: () => string): Promise<DroppingProxy> =>
    startDroppingProxy({ target: to, share: options.share, withinBytes: options.maxSizeBytes / 8, random });
  const toService = await dropping(() => service?.url ?? '');
  const toStore = target.kind === 's3' ? await dropping(() => TEST_S3_ENDPOINT ?? '') : undefined;
  const env = {
    PUBLIC_URL: toService.url,
    ...(toStore && { S3_ENDPOINT: toStore.url }),
    ROLE: target.kind === 's3' ? 'api' : 'all',
    MULTIPART_THRESHOLD_MB: '5',
    MULTIPART_PART_SIZE_MB: '5',
    UPLOAD_LEASE_SECONDS: '5',
    UPLOAD_URL_SECONDS: String(EXPIRY_SECONDS),
    UPLOAD_EXPIRY_SECONDS: String(EXPIRY_SECONDS),
    LOG_LEVEL: 'warn',
  };
  try {
    service = await Service.start(target, { env });
    const jobs = Array.from({ length: options.uploads }, (_, index) => jobOf(index, random, options.maxSizeBytes));
    const { url } = toService;
    const { key } = service;
    const clients = jobs.map((_, index) => new FlakyClient({ url, key }, SORTS[index % SORTS.length] ?? 'rest'));
    const startedAt = performance.now();
    const ids = await Promise.all(clients.map((client, index) => client.send(jobs[index]!)));
    const seconds = (performance.now() - startedAt) / 1000;
    const drops = toService.drops + (toStore?.drops ?? 0);
    // What nobody asks for any more expires, and one round takes it away.
    await sleep((EXPIRY_SECONDS + 1) * 1000);
    const swept = await storage(['sweep'], {
      ...target.env,
      ...env,
      ...(toStore && { S3_ENDPOINT: TEST_S3_ENDPOINT ?? '' }),
    });
    if (swept.code !== 0) throw new Error(`The sweep failed: ${swept.stderr}`);
    return {
      seconds,
      uploads: jobs.length,
      drops,
      interrupted: clients.filter(({ retries }) => retries > 0).length,
      retries: clients.reduce((sum, { retries }) => sum + retries, 0),
      byClient: Object.fromEntries(
        SORTS.map((sort) => [sort, clients.filter((client) => client.sort === sort).length]),
      ),
      ...(await examine(target, jobs, ids)),
    };
  } finally {
    await service?.stop();
    await toService.close();
    await toStore?.close();
    await target.close();
  }
}

function jobOf(index: number, random: () => number, maxSizeBytes: number): Job {
  const sizeBytes = 10 * KIBIBYTE + Math.floor(random() * (maxSizeBytes - 10 * KIBIBYTE));
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 44; at + 4 <= sizeBytes; at += 4096) bytes.writeUInt32LE(Math.floor(random() * 4294967296), at);
  wavHeader(sizeBytes).copy(bytes);
  return { name: `flaky-${index}.wav`, bytes, sha256: createHash('sha256').update(bytes).digest('base64') };
}

/** Uploads by the REST routes, by tus, or as the body of one PUT, and tries again until it is done. */
class FlakyClient {
  retries = 0;
  private readonly url: string;
  private readonly key: string;

  constructor(
    { url, key }: { readonly url: string; readonly key: string },
    readonly sort: Sort,
  ) {
    this.url = url;
    this.key = key;
  }

  /** The id of the file that came of it. */
  send(job: Job): Promise<string> {
    switch (this.sort) {
      case 'rest':
        return this.viaRest(job);
      case 'tus':
        return this.viaTus(job);
      case 'put':
        return this.viaPut(job);
      default:
        return this.sort satisfies never;
    }
  }

  private async viaRest({ name, bytes }: Job): Promise<string> {
    const idempotencyKey = randomUUID();
    const body = { kind: 'session-original', sessionId: 'flaky', filename: name, size: bytes.length };
    const upload = await this.json<OpenedUpload>('/v1/uploads', jsonBody(body, { 'idempotency-key': idempotencyKey }));
    if (upload.url !== null) {
      const { url, headers } = upload;
      await this.sent(url, bytes, headers);
    }
    for (const part of upload.parts) await this.sendPart(upload, part, bytes);
    const file = await this.json<{ id: string }>(`/v1/uploads/${upload.id}/complete`, jsonBody({}));
    return file.id;
  }

  private async sendPart(upload: OpenedUpload, part: SignedPart, bytes: Buffer): Promise<void> {
    const size = upload.partSizeBytes ?? PART_BYTES;
    await this.sent(
      part.url,
      bytes.subarray((part.partNumber - 1) * size, part.partNumber * size),
      part.headers,
      async () => {
        const { parts } = await this.json<{ parts: SignedPart[] }>(
          `/v1/uploads/${upload.id}/parts`,
          jsonBody({ from: part.partNumber, count: 1 }),
        );
        return parts[0]?.url ?? '';
      },
    );
  }

  /** 412: an earlier try came through, and its answer did not. 403: the URL expired. */
  private async sent(
    url: string,
    bytes: Buffer,
    headers: Readonly<Record<string, string>>,
    renew?: () => Promise<string>,
  ): Promise<void> {
    let to = url;
    await this.trying(async () => {
      const status = await put(to, [bytes], { ...headers, 'content-length': bytes.length });
      if (status === 200 || status === 412) return;
      if (status === 403 && renew) to = await renew();
      throw new Error(`PUT was answered ${status}`);
    });
  }

  private async viaPut({ name, bytes, sha256 }: Job): Promise<string> {
    const file = await this.json<{ id: string }>(`/v1/sessions/flaky/files/${name}`, {
      method: 'PUT',
      headers: { 'idempotency-key': randomUUID(), 'content-digest': `sha-256=:${sha256}:` },
      body: new Uint8Array(bytes),
    });
    return file.id;
  }

  private viaTus({ name, bytes }: Job): Promise<string> {
    return new Promise((resolve, reject) => {
      let fileId: string | undefined;
      const upload = new TusUpload(bytes, {
        endpoint: `${this.url}/v1/tus`,
        headers: { authorization: `Bearer ${this.key}` },
        metadata: { kind: 'session-original', sessionId: 'flaky', filename: name, filetype: 'audio/wav' },
        chunkSize: 2 * PART_BYTES,
        retryDelays: Array.from({ length: TRIES }, (_, index) => Math.min(2000, 100 + index * 50)),
        onShouldRetry: () => {
          this.retries += 1;
          return true;
        },
        onAfterResponse: (_, response) => {
          fileId = response.getHeader('X-File-Id') ?? fileId;
        },
        onError: reject,
        onSuccess: () => {
          if (fileId === undefined) reject(new Error(`${name} is done and nobody said which file it is`));
          else resolve(fileId);
        },
      });
      upload.start();
    });
  }

  private json<T>(path: string, init: RequestInit): Promise<T> {
    return this.trying(async () => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${this.key}`);
      const response = await fetch(new URL(path, this.url), { ...init, headers });
      const text = await response.text();
      if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path} was answered ${response.status}: ${text}`);
      return JSON.parse(text) as T;
    });
  }

  private async trying<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (tries === TRIES) throw error;
        this.retries += 1;
        await sleep(Math.min(2000, 100 + tries * 50));
      }
    }
  }
}

async function examine(
  target: Target,
  jobs: readonly Job[],
  ids: readonly string[],
): Promise<Pick<FlakyOutcome, 'stored' | 'different' | 'doubled' | 'left'>> {
  const store = await target.store();
  const rows = await target.sql<{ id: string; key: string; status: string; original_filename: string }>(
    "select id, key, status, original_filename from stored_file where kind = 'session-original'",
  );
  const stored = new Map(rows.filter(({ status }) => status === 'stored').map((row) => [row.id, row]));
  const different: string[] = [];
  for (const [index, job] of jobs.entries()) {
    const row = stored.get(ids[index] ?? '');
    const content = row && (await store.find(row.key));
    const hash = createHash('sha256');
    if (content) for await (const chunk of content.body) hash.update(chunk as Buffer);
    if (content === undefined || hash.digest('base64') !== job.sha256) different.push(job.name);
  }
  const names = [...stored.values()].map((row) => row.original_filename);
  const keys = new Set([...stored.values()].map(({ key }) => key));
  const { objects } = await store.list();
  const { uploads } = await store.listUploads();
  const open = await target.sql<{ id: string }>("select id from upload where status = 'open'");
  // What was given up keeps its record for a day, for its reason to be read.
  const pending = rows.filter(({ status }) => status !== 'stored' && status !== 'rejected');
  return {
    stored: stored.size,
    different,
    doubled: names.length - new Set(names).size,
    left: [
      ...objects.filter(({ key }) => !keys.has(key) && !isOfProcessing(key)).map(({ key }) => `object ${key}`),
      ...uploads.map(({ key }) => `multipart upload of ${key}`),
      ...open.map(({ id }) => `upload ${id}`),
      ...pending.map(({ id, status }) => `${status} file ${id}`),
    ],
  };
}

/** On embedded defaults the service processes what it takes. */
function isOfProcessing(key: string): boolean {
  return key.includes('/processed/');
}
