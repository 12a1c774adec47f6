import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { errorCode } from '../errors/index.js';
import { StoredFile } from '../files/index.js';
import { writeCursor } from './file-cursor.js';
import {
  assertServed,
  equationsOf,
  filtersOf,
  isSearchable,
  ListOrder,
  needsSearch,
  orderOf,
  rangeOf,
  SCOPES,
  searchOf,
  type FileQuery,
  type Fragment,
} from './file-query.js';
import { FilterNeedsScopeError } from './listing.errors.js';

/** A page looks at no more rows than this, however few of them match. */
export const EXAMINED_ROWS = 5000;
/** A search that matches more rows than this is read in the order of the list instead. */
export const SEARCHED_ROWS = 2000;
const QUERY_CANCELED = '57014';

/**
 * What the planner may not do: each statement below has one way that costs the same on every page, and statistics that are old
 * or wrong must not lead it elsewhere.
 */
export const WINDOW_SETTINGS = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_sort: 'off',
  enable_incremental_sort: 'off',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
} as const;
export const SEARCH_SETTINGS = {
  enable_seqscan: 'off',
  enable_indexscan: 'off',
  enable_indexonlyscan: 'off',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  statement_timeout: '1000',
} as const;

export interface FilePage {
  /** Newest first, or as asked for. */
  readonly files: readonly StoredFile[];
  /** Null at the end, and only there: a page may be short, or empty, and have one. */
  readonly nextCursor: string | null;
}

type Row = Readonly<Record<string, unknown>> & { readonly id: string | null };

/**
 * One page. A page at the end costs what the first one does, and one whose filters match few rows ends after `EXAMINED_ROWS`.
 * Throws `FilterNeedsScopeError` where no index serves the filters.
 */
export async function listFiles(em: EntityManager, query: FileQuery): Promise<FilePage> {
  assertServed(query);
  // In a scope the search is for what the window does not find; without one it must be possible.
  const searchedFirst = needsSearch(query) && (await hasTrigrams(em, query));
  if (needsSearch(query) && !searchedFirst) throw new FilterNeedsScopeError(['q'], SCOPES);
  const { page, complete } = await readWindow(em, query);
  if (complete || !isSearchable(query) || !(searchedFirst || (await hasTrigrams(em, query)))) return page;
  return (await search(em, query)) ?? page;
}

/** Lists files. */
@Injectable()
export class FileListing {
  constructor(private readonly em: EntityManager) {}

  /** One page of files; see `listFiles`. */
  list(query: FileQuery): Promise<FilePage> {
    return listFiles(this.em, query);
  }
}

/** The rows of the range in order, at most `EXAMINED_ROWS` of them, and where to go on when those did not fill the page. */
export function windowStatement(query: FileQuery): Fragment {
  const { where, orderBy } = rangeOf(query);
  const filters = filtersOf(query);
  const range = `from stored_file where ${where.sql} order by ${orderBy}`;
  return {
    sql: `with page as materialized (
            select * from (select * ${range} limit ${EXAMINED_ROWS}) examined
            where ${filters.sql} order by ${orderBy} limit ${query.limit + 1})
          select (select id from (select id ${range} offset ${EXAMINED_ROWS - 1} limit 1) last
                  where (select count(*) from page) <= ${query.limit}) as edge, page.*
          from (select) one left join page on true`,
    values: [...where.values, ...filters.values, ...where.values],
  };
}

/** All rows that an index without an order finds, if they are few; then those of the page. */
export function searchStatement(query: FileQuery): Fragment {
  const found = searchOf(query);
  const equations = equationsOf(query);
  const filters = filtersOf(query);
  return {
    sql: `with found as materialized (select * from stored_file where ${found.sql} limit ${SEARCHED_ROWS + 1})
          select (select count(*)::int from found) as found, page.* from (select) one
          left join (select * from found where ${equations.sql} and ${filters.sql}
                     order by id ${orderOf(query)} limit ${query.limit + 1}) page on true`,
    values: [...found.values, ...equations.values, ...filters.values],
  };
}

async function readWindow(em: EntityManager, query: FileQuery): Promise<{ page: FilePage; complete: boolean }> {
  const rows = await read<Row & { readonly edge: string | null }>(em, windowStatement(query), WINDOW_SETTINGS);
  const page = toPage(em, query, rows);
  const edge = rows[0]?.edge ?? null;
  if (page.nextCursor !== null || edge === null) return { page, complete: true };
  return { page: { files: page.files, nextCursor: writeCursor(edge) }, complete: false };
}

/** The page by way of the search indexes, or undefined where these find too much, or take too long. */
async function search(em: EntityManager, query: FileQuery): Promise<FilePage | undefined> {
  try {
    const rows = await read<Row & { readonly found: number }>(em, searchStatement(query), SEARCH_SETTINGS);
    return (rows[0]?.found ?? 0) > SEARCHED_ROWS ? undefined : toPage(em, query, rows);
  } catch (error) {
    if (errorCode(error) === QUERY_CANCELED) return undefined;
    throw error;
  }
}

/**
 * Whether the index of names can look for `q` at all. Which characters count as parts of words is a matter of the database's
 * locale, so it is asked: three in a row, or two around another, have at least three trigrams.
 */
async function hasTrigrams(em: EntityManager, { q }: FileQuery): Promise<boolean> {
  if (q === undefined) return true;
  const [row] = await em.fork().execute<{ known: boolean }[]>(
    `select coalesce(bool_or(cardinality(show_trgm(substr(q, n, 3))) >= 3), false) as known
       from (select ?::text as q) query, generate_series(1, char_length(q) - 2) n`,
    [q],
  );
  return row?.known === true;
}

function read<R extends Row>(
  em: EntityManager,
  { sql, values }: Fragment,
  settings: Readonly<Record<string, string>>,
): Promise<R[]> {
  return em
    .fork({ session: { variables: settings } })
    .transactional((tx) => tx.execute<R[]>(sql, [...values]), { readOnly: true });
}

function toPage(em: EntityManager, query: FileQuery, rows: readonly Row[]): FilePage {
  const fork = em.fork();
  const direction = orderOf(query) === ListOrder.Ascending ? 1 : -1;
  const found = rows
    .filter((row) => row.id !== null)
    .map((row) => fork.map(StoredFile, row))
    .sort((a, b) => (a.id < b.id ? -direction : direction));
  const files = found.slice(0, query.limit);
  const last = files.at(-1);
  return { files, nextCursor: found.length > query.limit && last !== undefined ? writeCursor(last.id) : null };
}
