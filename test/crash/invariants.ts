import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ObjectPage } from '../../src/object-storage/object-storage.js';
import { until, type Service } from '../support/service.js';
import type { Target } from '../support/target.js';
import { USAGE_DIFFERENCES } from '../support/usage-differences.js';
import type { Ledger, Upload } from './ledger.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Of the same build as the service. */
const CLI = join(dirname(process.env['TEST_SERVICE_MAIN'] ?? join(ROOT, 'dist', 'main.js')), 'cli', 'main.js');
const execute = promisify(execFile);
const RESULTS = ['probe.json', 'waveform.json', 'waveform.png'];
/** The longest lease there is after a crash: the claim of a sweep. */
const LEASES_SECONDS = 150;
const PROCESSING_SECONDS = 180;
const AT_ONCE = 4;
const STATUS_OF = { kept: /^stored$/, deleting: /^(?:stored|trashed)$/, deleted: /^trashed$/ };

interface FileRow {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly status: string;
  readonly condition: string;
  readonly attempt: number;
  readonly size: number | null;
  readonly sha256: string | null;
  readonly session: string;
  readonly source: string | null;
  readonly processing: string | null;
  readonly filename: string;
}

interface PlaceRow {
  readonly key: string;
  readonly current: string | null;
  readonly settled: string | null;
}

/** What everything rests on: asserted with the service running, nothing being uploaded, and one sweep done. */
export async function expectNothingLost(target: Target, service: Service, ledger: Ledger): Promise<void> {
  await expectProcessed(target, service, ledger);
  await noLeases(target);
  await sweepOnce(target, service);
  // What the service's own sweep had claimed a moment before, it finishes itself.
  await noLeases(target);
  await expectInOrder(target, ledger);
  await inParallel(ledger.acknowledged, (upload) => expectDownload(service, upload));
}

/** Every recording that is kept ends as it must: results made once, or the reason why there are none. */
export async function expectProcessed(target: Target, service: Service, ledger: Ledger): Promise<void> {
  const open = () =>
    target.sql<{ id: string; status: string }>(
      `select file_id as id, processed_file.status from processed_file join stored_file on stored_file.id = file_id
       where processed_file.status in ('queued', 'running')`,
    );
  await until('The end of all processing', open, (rows) => rows.length === 0, PROCESSING_SECONDS);
  const recordings = ledger.acknowledged.filter(({ fate, content }) => fate === 'kept' && content !== 'text');
  await inParallel(recordings, async ({ id, content }) => {
    const processing = await service.json<{ status: string; attempts: number; error: unknown; results: string[] }>(
      `/v1/processing/${id ?? ''}`,
    );
    if (content === 'recording') {
      expect({ id, ...processing }).toMatchObject({ id, status: 'done', error: null });
      expect(processing.results).toHaveLength(RESULTS.length);
    } else {
      expect({ id, ...processing }).toMatchObject({ id, status: 'failed', results: [] });
    }
  });
}

/** Rows, objects and open uploads say the same. */
async function expectInOrder(target: Target, ledger: Ledger): Promise<void> {
  if (target.kind === 'embedded') expect(temporaryFiles(target)).toEqual([]);
  const store = await target.store();
  const rows = await fileRows(target);
  const places = await target.sql<PlaceRow>(
    'select key, current_revision_id as current, settled_revision_id as settled from place',
  );
  expect(rows.filter(({ status }) => status !== 'stored' && status !== 'trashed')).toEqual([]);
  expect(rows.filter(({ condition }) => condition !== 'ok')).toEqual([]);
  expect(places.filter(({ current, settled }) => current !== settled)).toEqual([]);
  expect(await target.sql(USAGE_DIFFERENCES)).toEqual([]);

  const objects: ObjectPage['objects'][number][] = [];
  for (let startAfter: string | undefined = '', page: ObjectPage; startAfter !== undefined;) {
    page = await store.list(startAfter === '' ? {} : { startAfter });
    objects.push(...page.objects);
    startAfter = page.nextStartAfter;
  }
  const sizes = new Map(objects.map(({ key, sizeBytes }) => [key, sizeBytes]));
  const placed = places.filter(({ settled }) => settled !== null).map(({ key }) => key);
  const known = new Set([...rows.map(({ key }) => key), ...placed]);
  // A look at what the store can do that was killed is cleared up by one that comes an hour later.
  const probes = 'temp/processing/abilities-';
  expect(objects.map(({ key }) => key).filter((key) => !known.has(key) && !key.startsWith(probes))).toEqual([]);
  expect(rows.filter(({ key, size }) => sizes.get(key) !== size)).toEqual([]);
  expect(placed.filter((key) => !sizes.has(key))).toEqual([]);
  await inParallel(rows, async ({ key, size }) => {
    expect({ key, size: (await store.head(key))?.sizeBytes }).toEqual({ key, size });
  });
  expect((await store.listUploads()).uploads).toEqual([]);

  expectOnce(rows);
  expectKnown(rows, ledger);
}

/** Of each recording one result of each name, and none without its source. */
function expectOnce(rows: readonly FileRow[]): void {
  const originals = new Map(rows.filter(({ source }) => source === null).map((row) => [row.id, row]));
  const results = rows.filter(({ source, status }) => source !== null && status === 'stored');
  const bySource = new Map<string, string[]>();
  for (const { source, filename } of results) {
    bySource.set(source ?? '', [...(bySource.get(source ?? '') ?? []), filename]);
  }
  for (const [source, names] of bySource) {
    expect(originals.get(source)).toMatchObject({ status: 'stored', processing: 'done' });
    expect(names.sort()).toEqual(RESULTS);
  }
  const done = [...originals.values()].filter(({ status, processing }) => status === 'stored' && processing === 'done');
  expect(done.filter(({ id }) => !bySource.has(id))).toEqual([]);
}

/** Every original is one that somebody sent, whole, and not more often than it was sent; each acknowledged one is there. */
function expectKnown(rows: readonly FileRow[], ledger: Ledger): void {
  const originals = rows.filter(({ kind }) => kind === 'session-original');
  const sent = countBy(ledger.uploads.map(({ sessionId, sha256 }) => `${sessionId} ${sha256}`));
  const kept = countBy(originals.map(({ session, sha256 }) => `${session} ${sha256 ?? ''}`));
  expect([...kept].filter(([what, count]) => count > (sent.get(what) ?? 0))).toEqual([]);
  const byId = new Map(originals.map((row) => [row.id, row]));
  for (const { id = '', fate, sha256, sizeBytes } of ledger.acknowledged) {
    const row = byId.get(id);
    if (row === undefined && fate !== 'kept') continue;
    expect(row).toMatchObject({ id, sha256, size: sizeBytes });
    expect({ id, status: row?.status }).toEqual({ id, status: expect.stringMatching(STATUS_OF[fate]) });
  }
}

async function expectDownload(service: Service, { id = '', fate, sha256, sizeBytes }: Upload): Promise<void> {
  if (fate !== 'kept') return;
  const file = await service.json(`/v1/files/${id}`);
  expect(file).toMatchObject({ id, sizeBytes, checksum: { algorithm: 'SHA256', value: sha256 } });
  const link = await service.json<{ url: string }>(
    `/v1/files/${id}/links`,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
    201,
  );
  const response = await fetch(link.url);
  const bytes = Buffer.from(await response.arrayBuffer());
  const found = { id, status: response.status, sha256: createHash('sha256').update(bytes).digest('base64') };
  expect(found).toEqual({ id, status: 200, sha256 });
}

/** One sweep, by the tool that an operator has. */
export async function sweepOnce(target: Target, service: Service): Promise<void> {
  const { PATH, HOME, TMPDIR } = process.env;
  const env = { ...target.env, PATH, HOME, TMPDIR, PORT: new URL(service.url).port };
  const { stdout } = await execute(process.execPath, [CLI, 'sweep'], { cwd: ROOT, env });
  expect(stdout).toMatch(/^Kept for the next +0$/m);
}

/** Until nobody, alive or dead, has the right to work on a row. */
async function noLeases(target: Target): Promise<void> {
  const leases = () =>
    target.sql<{ what: string }>(
      `select key as what from stored_file where lease_until > now() and status <> 'stored'
       union all select key from place where lease_until > now() and current_revision_id is distinct from settled_revision_id`,
    );
  await until('The end of all leases', leases, (left) => left.length === 0, LEASES_SECONDS);
}

function fileRows(target: Target): Promise<FileRow[]> {
  return target.sql<FileRow>(
    `select id, kind, key, status, condition, attempt, size_bytes::int as size, checksum_value as sha256, session_id as session,
       source_file_id as source, processing_status as processing, original_filename as filename from stored_file order by id`,
  );
}

/** What processes left half-written. Asked before the store is opened, which would tidy up. */
function temporaryFiles({ dataDir }: Target): string[] {
  const folder = join(dataDir, 'objects', 'local', 'temp');
  return readdirSync(folder).flatMap((run) => readdirSync(join(folder, run)));
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
