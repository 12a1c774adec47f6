import { MikroORM } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectionOptions } from '../../src/database/connection-options.js';
import { StoredFile } from '../../src/files/stored-file.entity.js';
import { writeCursor } from '../../src/listing/file-cursor.js';
import { listFiles } from '../../src/listing/file-listing.js';
import { ListOrder, orderOf } from '../../src/listing/file-query.js';
import { plansOf, queryOf, type Plan } from './listing-plans.js';
import { insertRows, PROMISED_LISTS, type PromisedList } from './listing-rows.js';
import { Service } from './service.js';
import { openTarget } from './target.js';

const BATCH = 50_000;
const REPETITIONS = 15;

export interface ListFigures {
  readonly query: string;
  /** Of the first page, and of the one at the end. */
  readonly pages: readonly [PageFigures, PageFigures];
}

export interface PageFigures {
  readonly window: Plan;
  readonly search: Plan | undefined;
  /** Over HTTP, the median of several. */
  readonly milliseconds: number;
  readonly files: number;
}

/** Fills the embedded database with so many files and measures every list that is promised; `tell` hears of each at once. */
export async function measureLists(
  rows: number,
  tell: (figures: ListFigures) => void,
): Promise<{ fillSeconds: number; usage: { ownerId: string; milliseconds: number; files: number } }> {
  const target = await openTarget();
  const service = await Service.start(target);
  const { url } = JSON.parse(readFileSync(join(target.dataDir, 'database.json'), 'utf8')) as { url: string };
  const orm = await MikroORM.init({ ...connectionOptions(url), entities: [StoredFile] });
  try {
    const began = performance.now();
    await fill(url, rows);
    const fillSeconds = (performance.now() - began) / 1000;
    for (const list of PROMISED_LISTS) tell(await measure(list, { orm, service }));
    const { milliseconds, body } = await median(service, '/v1/usage?ownerId=o-big');
    return { fillSeconds, usage: { ownerId: 'o-big', milliseconds, files: (body as { files: number }).files } };
  } finally {
    await orm.close(true);
    await service.stop();
    await target.close();
  }
}

async function fill(url: string, rows: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  for (let from = 1; from <= rows; from += BATCH) {
    await client.query(insertRows(rows, from, Math.min(rows, from + BATCH - 1)));
  }
  await client.query('vacuum analyze');
  await client.end();
}

async function measure(
  { query }: PromisedList,
  { orm, service }: { readonly orm: MikroORM; readonly service: Service },
): Promise<ListFigures> {
  const last = await lastCursor(query, orm);
  const texts = [query, last === undefined ? query : `${query}&cursor=${last}`] as const;
  const times: [number[], number[]] = [[], []];
  const counts: [number, number] = [0, 0];
  // In turns, so that what else the machine does meets both.
  for (let turn = 0; turn <= REPETITIONS; turn += 1) {
    for (const end of [0, 1] as const) {
      const { milliseconds, body } = await timed(service, `/v1/files?${texts[end]}`);
      if (turn > 0) times[end].push(milliseconds);
      counts[end] = (body as { items: unknown[] }).items.length;
    }
  }
  const figures = async (end: 0 | 1): Promise<PageFigures> => ({
    ...(await plansOf(orm.em.fork(), await queryOf(texts[end]))),
    milliseconds: middle(times[end]),
    files: counts[end],
  });
  return { query, pages: [await figures(0), await figures(1)] };
}

/** A cursor with at most a page behind it: where the list in the other order has come after its first page. */
async function lastCursor(text: string, orm: MikroORM): Promise<string | undefined> {
  const query = await queryOf(text);
  const order = orderOf(query) === ListOrder.Ascending ? ListOrder.Descending : ListOrder.Ascending;
  const { files, nextCursor } = await listFiles(orm.em.fork(), { ...query, order });
  const edge = files.at(-1);
  return edge === undefined ? (nextCursor ?? undefined) : writeCursor(edge.id);
}

async function median(service: Service, path: string): Promise<{ milliseconds: number; body: unknown }> {
  const all = [];
  for (let turn = 0; turn <= REPETITIONS; turn += 1) all.push(await timed(service, path));
  return { milliseconds: middle(all.slice(1).map((one) => one.milliseconds)), body: all[0]?.body };
}

async function timed(service: Service, path: string): Promise<{ milliseconds: number; body: unknown }> {
  const began = performance.now();
  const body = await service.json(path);
  return { milliseconds: performance.now() - began, body };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
