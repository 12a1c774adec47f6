import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Migration } from '@mikro-orm/migrations';
import { defineEntity, MikroORM, p } from '@mikro-orm/postgresql';
import { Injectable, Logger, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Client } from 'pg';
import { connectionOptions } from '../../src/database/connection-options.js';
import { DatabaseHealth, DatabaseModule, DatabaseServer, runMigrations } from '../../src/database/index.js';
import { Attachment } from '../../src/embedded-postgres/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const NoteSchema = defineEntity({
  name: 'Note',
  properties: { id: p.integer().primary(), sizeBytes: p.bigint('number'), writtenAt: p.datetime() },
});
class Note extends NoteSchema.class {}
NoteSchema.setClass(Note);

class Migration20260102000000Note extends Migration {
  override up(): void {
    this.addSql('alter table "note" add column "written_at" timestamptz not null');
  }
}

class Migration20260101000000Note extends Migration {
  override up(): void {
    this.addSql('create table "note" ("id" serial primary key, "size_bytes" bigint not null)');
  }
}

class Migration20260103000000Broken extends Migration {
  override up(): void {
    this.addSql('create table "half" ("id" int)');
    this.addSql('create nonsense');
  }
}

@Injectable()
class Reader {
  constructor(readonly orm: MikroORM) {}
}

@Module({
  imports: [
    DatabaseModule.forFeature({
      entities: [Note],
      migrations: [Migration20260102000000Note, Migration20260101000000Note],
    }),
  ],
  providers: [Reader],
})
class NotesModule {}

describe('DatabaseModule', () => {
  let database: TestDatabase;
  const modules: TestingModule[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    await Promise.all(modules.splice(0).map((module) => module.close()));
    await database.drop();
  });

  async function start(): Promise<TestingModule> {
    const server = await DatabaseServer.start({
      url: database.url,
      directUrl: undefined,
      dataDir: '/nowhere',
      attachAs: Attachment.Service,
      logger: new Logger(),
    });
    const imports = [DatabaseModule.forRoot(server), NotesModule];
    const module = await Test.createTestingModule({ imports }).compile();
    modules.push(module);
    return module.init();
  }

  it('brings the schema of every feature up to date, in order, before anybody gets the ORM', async () => {
    const module = await start();
    const em = module.get(Reader).orm.em.fork();
    const writtenAt = new Date('2026-03-01T12:00:00.000Z');
    em.create(Note, { sizeBytes: 2 ** 40, writtenAt });
    await em.flush();
    em.clear();
    const [note] = await em.find(Note, {});
    expect(note).toBeInstanceOf(Note);
    expect(note?.sizeBytes).toBe(2 ** 40);
    expect(note?.writtenAt).toEqual(writtenAt);
  });

  it('has no entity manager that requests share', async () => {
    const module = await start();
    await expect(module.get(MikroORM).em.find(Note, {})).rejects.toThrow(/global/);
  });

  it('names its server without the password, and leaves it alone when the application closes', async () => {
    const module = await start();
    const server = module.get(DatabaseServer);
    expect(server.kind).toBe('external');
    expect(server.directUrl).toBe(database.url);
    expect(server.description()).toContain(database.name);
    expect(server.description()).not.toContain(new URL(database.url).password);
    await server.stop();
    await module.get(DatabaseHealth).ping();
  });

  it('says so when the database does not answer in time', async () => {
    const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    const sockets: Socket[] = [];
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const orm = new MikroORM({
      ...connectionOptions(`postgres://nobody@127.0.0.1:${port}/nothing`),
      entities: [Note],
    });
    try {
      await expect(new DatabaseHealth(orm).ping(100)).rejects.toThrow(/100 ms/);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
      await orm.close(true);
    }
  });

  it('outlives server processes that die inside transactions, however many', async () => {
    const options = connectionOptions(database.url);
    const orm = new MikroORM({
      ...options,
      pool: { ...options.pool, max: 2 },
      entities: [Note],
      ensureDatabase: false,
    });
    const dies = orm.em.fork().transactional((em) => em.execute('select pg_terminate_backend(pg_backend_pid())'));
    await expect(dies).rejects.toThrow();
    const alsoDies = orm.em.fork().transactional((em) => em.execute('select pg_terminate_backend(pg_backend_pid())'));
    await expect(alsoDies).rejects.toThrow();
    expect(await orm.em.fork().transactional((em) => em.execute('select 1 as one'))).toEqual([{ one: 1 }]);
    await orm.close(true);
  });

  it('migrates once when several nodes start together', async () => {
    const list = [Migration20260101000000Note, Migration20260102000000Note];
    const applied = await Promise.all(Array.from({ length: 4 }, () => runMigrations(database.url, list)));
    expect(applied.flat()).toEqual(list.map(({ name }) => name));
  });

  it('leaves nothing of a migration that failed, and lets the next node try', async () => {
    await expect(runMigrations(database.url, [Migration20260103000000Broken])).rejects.toThrow(/nonsense/);
    await expect(runMigrations(database.url, [Migration20260101000000Note])).resolves.toHaveLength(1);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ half: string | null }>(`select to_regclass('half') as half`);
    expect(rows).toEqual([{ half: null }]);
    await client.end();
  });
});
