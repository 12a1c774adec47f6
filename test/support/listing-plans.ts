import 'reflect-metadata';
import { parse } from 'node:querystring';
import type { EntityManager } from '@mikro-orm/postgresql';
import { checkQuery } from '../../src/http/index.js';
import { ListFilesQuery, toFileQuery } from '../../src/listing/dto/list-files.query.js';
import { SEARCH_SETTINGS, searchStatement, WINDOW_SETTINGS, windowStatement } from '../../src/listing/file-listing.js';
import { isSearchable, type FileQuery } from '../../src/listing/file-query.js';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

export interface Plan {
  readonly milliseconds: number;
  /** Pages of 8 KiB, from the cache or not. */
  readonly pages: number;
  /** How the table is read: `Index Scan stored_file_kind`, `Seq Scan`. */
  readonly scans: readonly string[];
  /** Rows that went into a sort; 0 without one. */
  readonly sortedRows: number;
  /** Rows that came out of the table. */
  readonly examinedRows: number;
}

/** A query string as the service understands it. */
export async function queryOf(text: string): Promise<FileQuery> {
  return toFileQuery(await checkQuery(ListFilesQuery, { ...parse(text) }));
}

/** What PostgreSQL does for a page: the statements of the service, under its settings. */
export async function plansOf(
  em: EntityManager,
  query: FileQuery,
): Promise<{ window: Plan; search: Plan | undefined }> {
  return {
    window: await explain(em, windowStatement(query), WINDOW_SETTINGS),
    search: isSearchable(query) ? await explain(em, searchStatement(query), SEARCH_SETTINGS) : undefined,
  };
}

function explain(
  em: EntityManager,
  { sql, values }: { readonly sql: string; readonly values: readonly unknown[] },
  settings: Readonly<Record<string, string>>,
): Promise<Plan> {
  return em.fork({ session: { variables: { ...settings, statement_timeout: '0' } } }).transactional(async (tx) => {
    const [row] = await tx.execute<{ 'QUERY PLAN': readonly { Plan: PlanNode; 'Execution Time': number }[] }[]>(
      `explain (analyze, buffers, format json) ${sql}`,
      [...values],
    );
    const top = row?.['QUERY PLAN'][0];
    if (top === undefined) throw new Error('no plan');
    return summary(top.Plan, top['Execution Time']);
  });
}

function summary(top: PlanNode, milliseconds: number): Plan {
  const nodes = flat(top);
  const ofTable = nodes.filter((node) => node['Relation Name'] === 'stored_file');
  return {
    milliseconds,
    pages: top['Shared Hit Blocks'] + top['Shared Read Blocks'],
    scans: [
      ...new Set(
        nodes
          .filter((node) => node['Relation Name'] === 'stored_file' || node['Index Name'] !== undefined)
          .map((node) => [node['Node Type'], node['Index Name']].filter((part) => part !== undefined).join(' ')),
      ),
    ].sort(),
    sortedRows: Math.max(
      0,
      ...nodes
        .filter((node) => node['Node Type'].includes('Sort'))
        .map((node) => Math.max(0, ...(node.Plans ?? []).map((plan) => plan['Actual Rows']))),
    ),
    examinedRows: Math.max(0, ...ofTable.map((node) => node['Actual Rows'])),
  };
}

function flat(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)];
}
