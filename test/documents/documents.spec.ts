import 'reflect-metadata';
import { jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { VERSIONING } from '../../src/app.setup.js';
import { AuthModule } from '../../src/auth/index.js';
import { ConfigurationModule } from '../../src/config/index.js';
import { DatabaseModule, DatabaseServer } from '../../src/database/index.js';
import { DocumentsModule } from '../../src/documents/index.js';
import { Attachment } from '../../src/embedded-postgres/index.js';
import { DomainErrorFilter } from '../../src/errors/index.js';
import { OnFileStored } from '../../src/files/index.js';
import { InheritedNamesPipe, validationPipe } from '../../src/http/index.js';
import { LinksModule, LinksService } from '../../src/links/index.js';
import { ObjectStorage, StoreUnavailableError } from '../../src/storage/index.js';
import { FileSweeper, TrashModule } from '../../src/trash/index.js';
import { office, pdf } from '../support/office-files.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** A step of some other module, in the transaction that confirms a published charter. */
@Injectable()
class Saboteur {
  armed = false;

  @OnFileStored('published-charter')
  fail(): Promise<void> {
    return this.armed ? Promise.reject(new Error('sabotage')) : Promise.resolve();
  }
}

@Module({ providers: [Saboteur], exports: [Saboteur] })
class SaboteurModule {}

interface Publication {
  readonly id: string;
  readonly file: { readonly id: string; readonly status: string } | null;
  readonly current: boolean;
}

const QUOTES = '[{"quoteId":"q-1","text":"Ask us first."}]';

describe('documents', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'catalyst-documents-'));
  const key = randomBytes(32).toString('hex');
  let database: TestDatabase;
  let app: NestExpressApplication;
  let url: string;
  let docx: Buffer;

  beforeAll(async () => {
    database = await createTestDatabase();
    // Sweeps are the spec's own: as an API process this one does none by itself.
    Object.assign(process.env, { DATA_DIR: dataDir, BOOTSTRAP_API_KEY: key, ROLE: 'api' });
    const server = await DatabaseServer.start({
      url: database.url,
      directUrl: database.url,
      dataDir,
      attachAs: Attachment.Service,
      logger: new Logger('spec'),
    });
    Logger.overrideLogger(false);
    const module = await Test.createTestingModule({
      imports: [
        ConfigurationModule,
        DatabaseModule.forRoot(server),
        ScheduleModule.forRoot(),
        AuthModule,
        DocumentsModule,
        SaboteurModule,
        LinksModule,
        TrashModule,
      ],
      providers: [
        { provide: APP_FILTER, useClass: DomainErrorFilter },
        { provide: APP_PIPE, useClass: InheritedNamesPipe },
        { provide: APP_PIPE, useFactory: validationPipe },
      ],
    }).compile();
    app = module.createNestApplication<NestExpressApplication>({ bodyParser: false, logger: false });
    app.enableVersioning(VERSIONING);
    app.set('query parser', 'simple');
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    docx = await office('docx');
  }, 60_000);

  afterAll(async () => {
    await app.close();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
    delete process.env['DATA_DIR'];
    delete process.env['BOOTSTRAP_API_KEY'];
    delete process.env['ROLE'];
  });

  async function ask<T>(path: string, files: Readonly<Record<string, Uint8Array | string>> = {}): Promise<[number, T]> {
    const form = new FormData();
    for (const [field, bytes] of Object.entries(files)) {
      form.append(field, new Blob([bytes]), field === 'file' ? 'charter.pdf' : `${field}.docx`);
    }
    const sends = Object.keys(files).length > 0;
    const answer = await fetch(`${url}/v1/documents/${path}`, {
      headers: { authorization: `Bearer ${key}` },
      ...(sends && { method: 'POST', body: form }),
    });
    return [answer.status, (await answer.json()) as T];
  }
  const draft = (document: string) => ask(`${document}/charter/drafts`, { charter: docx, citations: QUOTES });
  const publish = (document: string, text: string) =>
    ask<Publication>(`${document}/charter/publish?version=1&slug=${document}`, { file: pdf(text) });
  const rows = <T extends object>(sql: string): Promise<T[]> => app.get(EntityManager).fork().execute<T[]>(sql);
  /** All that publishing changes. */
  const state = async (document: string) => ({
    publications: await rows(`select * from charter_publication where document_id = '${document}' order by id`),
    files: await rows(`select id, status, attempt from stored_file where document_id = '${document}' order by id`),
    places: await rows(`select key, current_revision_id from place where key like '%/${document}.pdf'`),
    events: await rows(`select id from audit_event where action = 'charter.published' and subject_id = '${document}'`),
    objects: (await app.get(ObjectStorage).list({ prefix: 'documents/charters/' })).objects.map((object) => object.key),
  });

  /** Has the database refuse rows while something is tried. */
  async function refusing([table, which]: readonly [string, string], attempt: () => Promise<void>): Promise<void> {
    await rows(`create function sabotage() returns trigger language plpgsql as $$ begin raise 'sabotage'; end $$`);
    await rows(
      `create trigger sabotage before insert on ${table} for each row when (${which}) execute function sabotage()`,
    );
    try {
      await attempt();
    } finally {
      await rows(`drop trigger sabotage on ${table}`);
      await rows('drop function sabotage()');
    }
  }

  it('publish all or nothing: a confirmation that fails leaves place, history and trash as they were', async () => {
    await draft('all');
    expect((await publish('all', 'one'))[0]).toBe(201);
    const before = await state('all');
    expect(before.publications).toHaveLength(1);
    app.get(Saboteur).armed = true;
    expect((await publish('all', 'two'))[0]).toBe(500);
    app.get(Saboteur).armed = false;
    expect(await state('all')).toEqual(before);
    for (const rows of [
      ['charter_publication', 'true'],
      ['audit_event', "new.action = 'charter.published'"],
    ] as const) {
      await refusing(rows, async () => {
        expect((await publish('all', 'two'))[0]).toBe(500);
      });
    }
    await app.get(FileSweeper).sweep();
    const after = await state('all');
    const copy = 'documents/charters/published/all.pdf';
    expect(after.objects).toContain(copy);
    expect({ ...after, objects: after.objects.filter((object) => object !== copy) }).toEqual(before);
    const [status, second] = await publish('all', 'two');
    expect([status, second.current]).toEqual([201, true]);
  });

  it('store a draft with its number or not at all', async () => {
    await refusing(['charter_draft', 'true'], async () => {
      expect((await draft('half'))[0]).toBe(500);
    });
    expect(await state('half')).toMatchObject({ files: [] });
    expect(await draft('half')).toMatchObject([201, { version: 2 }]);
  });

  it('forget a draft and keep the history when files are gone for good', async () => {
    await draft('gone');
    const [, first] = await publish('gone', 'one');
    await publish('gone', 'two');
    await rows("update stored_file set trashed_at = now() - interval '90 days' where status = 'trashed'");
    await rows(`update stored_file set status = 'trashed', trashed_at = now() - interval '90 days'
                where kind = 'charter-draft' and document_id = 'gone'`);
    await app.get(FileSweeper).sweep();
    expect(await ask('gone/charter/drafts/1')).toMatchObject([404, { code: 'CHARTER_VERSION_NOT_FOUND' }]);
    expect((await publish('gone', 'three'))[1]).toMatchObject({ code: 'CHARTER_VERSION_NOT_FOUND' });
    const [, { items }] = await ask<{ items: Publication[] }>('gone/charter/publications');
    expect(items.map(({ id, file, current }) => [id === first.id, file === null, current])).toEqual([
      [false, false, true],
      [true, true, false],
    ]);
    expect(await draft('gone')).toMatchObject([201, { version: 2 }]);
  });

  it('free a slug once nothing of its document is left there', async () => {
    await draft('old');
    await draft('new');
    const publishAs = (document: string) =>
      ask<Publication>(`${document}/charter/publish?version=1&slug=handed-on`, { file: pdf(document) });
    expect((await publishAs('old'))[0]).toBe(201);
    expect(await publishAs('new')).toMatchObject([409, { code: 'SLUG_TAKEN', details: { documentId: 'old' } }]);
    await rows(`update stored_file set status = 'trashed', trashed_at = now() - interval '90 days'
                where kind = 'published-charter' and document_id = 'old'`);
    expect((await publishAs('new'))[0]).toBe(409);
    await rows(`update stored_file set document_id = null where kind = 'published-charter' and document_id = 'old'`);
    expect(await publishAs('new')).toMatchObject([409, { code: 'SLUG_TAKEN', details: { documentId: null } }]);
    await app.get(FileSweeper).sweep();
    expect((await publishAs('new'))[0]).toBe(201);
  });

  it('give one slug to one of two documents that ask at once', async () => {
    await Promise.all(['one', 'two'].map((document) => draft(document)));
    const answers = await Promise.all(
      ['one', 'two', 'one', 'two'].map((document, n) =>
        ask(`${document}/charter/publish?version=1&slug=contested`, { file: pdf(`${document} ${n}`) }),
      ),
    );
    expect(answers.map(([status]) => status).sort()).toEqual([201, 201, 409, 409]);
    const owners = await rows("select distinct document_id from charter_publication where slug = 'contested'");
    expect(owners).toHaveLength(1);
  });

  describe('that are sent again', () => {
    const send = async (
      path: string,
      parts: Readonly<Record<string, Uint8Array | string>>,
      { method = 'POST', ...headers }: Readonly<Record<string, string>> = {},
    ): Promise<[number, Record<string, unknown>]> => {
      const form = new FormData();
      for (const [field, bytes] of Object.entries(parts))
        form.append(
          field,
          new Blob([bytes]),
          field === 'file' && path.includes('template') ? 'a.docx' : `${field}.pdf`,
        );
      const authorization = `Bearer ${key}`;
      const answer = await fetch(`${url}/v1/${path}`, { method, headers: { authorization, ...headers }, body: form });
      return [answer.status, (await answer.json()) as Record<string, unknown>];
    };

    it('are answered as the first time, with its status, and logged once', async () => {
      const logged = jest.spyOn(Logger.prototype, 'log').mockReturnValue();
      await draft('again');
      for (const [event, path, headers, file] of [
        ['TEMPLATE_STORED', 'templates/export-templates/again', { method: 'PUT' }, docx],
        ['DOCUMENT_EXPORT_UPLOADED', 'documents/again/exports?family=one-pager', {}, pdf('again')],
        ['CHARTER_PUBLISHED', 'documents/again/charter/publish?version=1&slug=again', {}, pdf('again')],
      ] as const) {
        // The boundary of a form is another each time, and its length the same.
        const once = () => send(path, { file }, { 'idempotency-key': event, ...headers });
        const first = await once();
        expect(first).toMatchObject([201, {}]);
        expect(await once()).toEqual(first);
        expect(logged.mock.calls.filter(([fields]) => (fields as { event: string }).event === event)).toHaveLength(1);
      }
      logged.mockRestore();
      expect((await send('templates/export-templates/again', { file: docx }, { method: 'PUT' }))[0]).toBe(200);
    });

    it('need not be, when it is but the link that cannot be made', async () => {
      const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
      const create = jest.spyOn(app.get(LinksService), 'create');
      create.mockRejectedValueOnce(new StoreUnavailableError('HeadObject'));
      const path = 'documents/unlinked/exports?family=one-pager&link=1';
      expect(await send(path, { file: pdf('one') })).toMatchObject([201, { status: 'stored', link: null }]);
      expect(warned.mock.calls).toEqual([[expect.objectContaining({ event: 'LINK_NOT_MADE' }), expect.any(String)]]);
      expect(await send(path, { file: pdf('two') })).toMatchObject([201, { link: { url: expect.any(String) } }]);
      create.mockRestore();
      warned.mockRestore();
    });
  });

  it('find the exports of a document through an index', async () => {
    const plan = await app
      .get(EntityManager)
      .fork({ session: { variables: { enable_seqscan: 'off' } } })
      .transactional((em) =>
        em.execute<{ 'QUERY PLAN': string }[]>(
          "explain select id from stored_file where document_id = 'a' and kind in ('slide-deck') and status = 'stored' order by id desc limit 51",
        ),
      );
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toContain('stored_file_document');
    expect(text).not.toContain('Sort');
  });
});
