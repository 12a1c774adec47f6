import { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { connectionOptions } from '../../src/database/index.js';
import { StoredFile } from '../../src/files/stored-file.entity.js';
import { writeCursor } from '../../src/listing/file-cursor.js';
import { EXAMINED_ROWS, listFiles, SEARCHED_ROWS } from '../../src/listing/file-listing.js';
import { plansOf, queryOf, type Plan } from '../support/listing-plans.js';
import { insertRows, PROMISED_LISTS, type ListedRow } from '../support/listing-rows.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ROWS = 20_000;

describe('lists of files', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let em: EntityManager;
  let rows: readonly ListedRow[];
  const indexesBefore: unknown[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query('alter table stored_file set (autovacuum_enabled = off)');
    await client.query(insertRows(ROWS, 1, ROWS));
    orm = await MikroORM.init({ ...connectionOptions(database.url), entities: [StoredFile] });
    em = orm.em.fork();
    for (const { query } of PROMISED_LISTS) {
      const { window, search } = await plansOf(em, await queryOf(query));
      const searchIndex = search?.scans.at(-1)?.split(' ').at(-1);
      indexesBefore.push({ query, index: indexesOf(window), searchIndex });
    }
    await client.query('vacuum analyze stored_file');
    rows = (await client.query<ListedRow>('select * from stored_file order by id desc')).rows;
    await client.end();
  }, 120_000);

  afterAll(async () => {
    await orm.close(true);
    await database.drop();
  });

  function indexesOf({ scans }: Plan): readonly (string | undefined)[] {
    return [...new Set(scans.map((scan) => /^Index (?:Only )?Scan (\w+)$/.exec(scan)?.[1]))];
  }

  /** All pages from a place on, and how many there were. */
  async function walk(text: string, after?: string): Promise<{ ids: readonly string[]; pages: number }> {
    const ids: string[] = [];
    let pages = 0;
    for (let cursor = after === undefined ? undefined : writeCursor(after); ; pages += 1) {
      const query = await queryOf(`${text}&limit=200${cursor === undefined ? '' : `&cursor=${cursor}`}`);
      const page = await listFiles(em, query);
      expect(page.files.length).toBeLessThanOrEqual(200);
      ids.push(...page.files.map((file) => file.id));
      if (page.nextCursor === null) return { ids, pages: pages + 1 };
      cursor = page.nextCursor;
    }
  }

  it.each(PROMISED_LISTS)('have what matches, each once and in order: $query', async ({ query, matches }) => {
    const newestFirst = rows.filter(matches).map((row) => row.id);
    const wanted = query.includes('order=asc') ? newestFirst.toReversed() : newestFirst;
    const first = await listFiles(em, await queryOf(`${query}&limit=100`));
    expect(first.files.map((file) => file.id)).toEqual(wanted.slice(0, first.files.length));
    // A long list is walked at its end only.
    const skipped = Math.max(0, wanted.length - 700);
    const { ids, pages } = await walk(query, wanted[skipped - 1]);
    expect(ids).toEqual(wanted.slice(skipped));
    expect(pages).toBeLessThanOrEqual(ids.length / 200 + ROWS / EXAMINED_ROWS + 1);
  });

  it.each(PROMISED_LISTS)(
    'read one index, in its order and not for long: $query',
    async ({ query, index, searchIndex }) => {
      const { window, search } = await plansOf(em, await queryOf(query));
      expect(indexesOf(window)).toEqual([index]);
      expect(window).toMatchObject({ sortedRows: 0 });
      expect(window.examinedRows).toBeLessThanOrEqual(EXAMINED_ROWS);
      expect(search?.scans).toEqual(
        searchIndex === undefined ? undefined : ['Bitmap Heap Scan', `Bitmap Index Scan ${searchIndex}`],
      );
      expect(search?.examinedRows ?? 0).toBeLessThanOrEqual(SEARCHED_ROWS + 1);
      expect(search?.sortedRows ?? 0).toBeLessThanOrEqual(SEARCHED_ROWS + 1);
    },
  );

  it('keep to their indexes while there are no statistics', () => {
    expect(indexesBefore).toEqual(
      PROMISED_LISTS.map(({ query, index, searchIndex }) => ({ query, index: [index], searchIndex })),
    );
  });

  it('have what was made of a file', async () => {
    const made = rows
      .filter((row) => row.status === 'stored')
      .slice(0, 3)
      .map((row) => row.id);
    const [sourceFileId = ''] = made;
    await em.execute('update stored_file set source_file_id = ? where id in (?)', [sourceFileId, made]);
    const { files, nextCursor } = await listFiles(em, { sourceFileId, contentType: 'audio/*', limit: 5 });
    expect(files.map((file) => file.id)).toEqual(
      made.filter((id) => rows.find((row) => row.id === id)?.content_type.startsWith('audio/')),
    );
    expect(nextCursor).toBeNull();
  });

  it('find what is rare in a name or in metadata at once, however far down it is', async () => {
    for (const query of [
      'q=100%25_done 7.',
      'q=archive 17.wav',
      'metadata=number=17',
      'ownerId=o-old&q=archive 17.wav',
    ]) {
      const { ids, pages } = await walk(query);
      expect({ query, pages, found: ids.length > 0 }).toEqual({ query, pages: 1, found: true });
    }
  });

  it.each([
    ['contentType=audio/wav', ['contentType']],
    ['condition=ok&status=stored', ['condition']],
    ['processingStatus=failed&q=recording', ['processingStatus']],
    ['minSizeBytes=1&maxSizeBytes=2&createdFrom=2026-01-01', ['minSizeBytes', 'maxSizeBytes']],
    ['q=recording&status=pending', ['q']],
    ['metadata=a=b&status=purging', ['metadata']],
    ['q=---', ['q']],
    ['q=a+-+', ['q']],
  ])('are refused where no index serves the filters: %s', async (query, filters) => {
    await expect(listFiles(em, await queryOf(query))).rejects.toMatchObject({
      code: 'FILTER_NEEDS_SCOPE',
      details: { filters, addOneOf: ['sessionId', 'documentId', 'ownerId', 'kind'] },
    });
  });

  it('look for any three characters within a scope', async () => {
    expect((await walk('ownerId=o-old&q=%25_d')).ids).toHaveLength(
      rows.filter((row) => row.owner_id === 'o-old' && row.status === 'stored' && row.original_filename.includes('%_d'))
        .length,
    );
    expect((await walk('sessionId=s-big&q=---')).ids).toEqual([]);
  });

  it.each([
    'q=ab',
    'q=%00%00%00',
    'q=a&q=b',
    'metadata=novalue',
    'metadata==x',
    'metadata=a=%00',
    'metadata=a=b&metadata=a=b&metadata=a=b&metadata=a=b',
    'createdFrom=yesterday',
    'createdFrom=2026-02-30',
    'createdTo=2026-03-01T10:00:00',
    'minSizeBytes=-1',
    'maxSizeBytes=1.5',
    'contentType=audio',
    'contentType=*/*',
    'sessionId=../x',
    'order=up',
    'condition=fine',
    'processingStatus=lost',
    'tags=a',
  ])('refuse a query that says nothing they know: %s', async (query) => {
    await expect(queryOf(query)).rejects.toMatchObject({ status: 400 });
  });

  it('take empty parameters for absent ones', async () => {
    expect(
      await queryOf(
        'status=&kind=&contentType=&condition=&processingStatus=&minSizeBytes=&maxSizeBytes=&createdFrom=&createdTo=&q=&metadata=&order=&cursor=',
      ),
    ).toMatchObject({ limit: 50 });
  });

  it.each(['sessionId', 'documentId', 'ownerId'])('do not take an empty %s for everything', async (name) => {
    await expect(queryOf(`${name}=`)).rejects.toBeDefined();
  });
});
