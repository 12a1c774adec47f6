import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EntityManager } from '@mikro-orm/postgresql';
import { Logger } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { Scope, systemActor, type Actor } from '../../src/auth/index.js';
import { ConfigurationModule } from '../../src/config/index.js';
import { DatabaseModule, DatabaseServer } from '../../src/database/index.js';
import { Attachment } from '../../src/embedded-postgres/index.js';
import { FilesModule, FilesService, type StoredFile } from '../../src/files/index.js';
import { FileIntake, IntakeModule, type IncomingFile, type SentFile } from '../../src/intake/index.js';
import { FileReservations } from '../../src/intake/file-reservations.js';
import { FileKind, FormatFamily, ObjectStorage, RetentionClass, StorageModule } from '../../src/storage/index.js';
import { FileTrash } from '../../src/trash/file-trash.js';
import { TrashModule } from '../../src/trash/index.js';
import { Quotas, usageConfig, UsageFold, UsageService } from '../../src/usage/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { USAGE_DIFFERENCES } from '../support/usage-differences.js';

const QUOTA = 10_000;
const note = new FileKind({
  name: 'spec-note',
  keyTemplate: 'temp/uploads/{id}/{filename}',
  ifTaken: 'suffix',
  accepts: [FormatFamily.Document],
  retentionClass: RetentionClass.Temporary,
  linkable: true,
  variants: { copy: { keyTemplate: 'temp/uploads/{id}/copy_{filename}', accepts: ['.txt'] } },
});
const client: Actor = { principal: { id: 'spec', kind: 'api-key', scopes: [Scope.FilesWrite] } };

describe('quotas', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'catalyst-quotas-'));
  const limits: { ownerQuotaBytes: number | null; totalQuotaBytes: number | null } = {
    ownerQuotaBytes: null,
    totalQuotaBytes: null,
  };
  let database: TestDatabase;
  let module: TestingModule;
  let em: EntityManager;
  let intake: FileIntake;
  let files: FilesService;
  let owners = 0;
  let ownerId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    process.env['DATA_DIR'] = dataDir;
    const server = await DatabaseServer.start({
      url: database.url,
      directUrl: database.url,
      dataDir,
      attachAs: Attachment.Service,
      logger: new Logger('spec'),
    });
    Logger.overrideLogger(false);
    module = await Test.createTestingModule({
      imports: [
        ConfigurationModule,
        DatabaseModule.forRoot(server),
        ScheduleModule.forRoot(),
        StorageModule.forFeature([note]),
        FilesModule,
        IntakeModule,
        TrashModule,
      ],
    })
      .overrideProvider(usageConfig.KEY)
      .useValue(limits)
      .compile();
    await module.init();
    em = module.get(EntityManager);
    intake = module.get(FileIntake);
    files = module.get(FilesService);
  });

  beforeEach(() => {
    ownerId = `o${(owners += 1)}`;
    Object.assign(limits, { ownerQuotaBytes: QUOTA, totalQuotaBytes: null });
  });

  afterEach(async () => {
    expect(await em.fork().execute(USAGE_DIFFERENCES)).toEqual([]);
    await em.fork().execute("delete from stored_file where status = 'pending'");
  });

  afterAll(async () => {
    await module.close();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
    delete process.env['DATA_DIR'];
  });

  function incoming(sizeBytes: number, more: Partial<IncomingFile> = {}): IncomingFile {
    return {
      kind: note,
      parameters: { id: 'a' },
      references: { ownerId },
      filename: 'a.txt',
      body: Readable.from([Buffer.alloc(sizeBytes, 'a')]),
      announcedBytes: sizeBytes,
      actor: client,
      ...more,
    };
  }

  /** Says nothing of its size. */
  function unannounced(sizeBytes: number, more: Partial<IncomingFile> = {}): IncomingFile {
    const { announcedBytes, ...file } = incoming(sizeBytes, more);
    expect(announcedBytes).toBe(sizeBytes);
    return file;
  }

  async function send(file: IncomingFile): Promise<SentFile> {
    const sent = await intake.send(file);
    if (sent.state !== 'sent') throw new Error('Nothing was sent before');
    return sent;
  }

  async function store(file: IncomingFile): Promise<StoredFile> {
    const [stored] = await intake.confirm([await send(file)], { actor: file.actor });
    if (stored === undefined) throw new Error('It was confirmed');
    return stored;
  }

  async function remains(): Promise<unknown> {
    const rows = await em.fork().execute('select id from stored_file where owner_id = ?', [ownerId]);
    const { objects } = await module.get(ObjectStorage).list({ prefix: `temp/uploads/${ownerId}/` });
    return { rows, objects };
  }

  async function usedByAll(): Promise<number> {
    const [row] = await em
      .fork()
      .execute<{ sum: string | null }[]>(
        "select sum(size_bytes) from stored_file where status in ('stored', 'trashed')",
      );
    return Number(row?.sum ?? 0);
  }

  const NOTHING = { rows: [], objects: [] };

  const refusal = (figures: { scope?: string; usedBytes: number; reservedBytes: number; quotaBytes?: number }) => ({
    code: 'QUOTA_EXCEEDED',
    kind: 'out-of-space',
    details: { scope: 'owner', quotaBytes: QUOTA, ...figures },
  });

  it('take a file that fits to the byte, and not one byte more', async () => {
    await store(incoming(QUOTA - 100));
    await expect(send(incoming(101))).rejects.toMatchObject(refusal({ usedBytes: QUOTA - 100, reservedBytes: 0 }));
    await module.get(UsageFold).fold();
    await expect(send(incoming(101))).rejects.toMatchObject(refusal({ usedBytes: QUOTA - 100, reservedBytes: 0 }));
    await store(incoming(100));
    await expect(send(unannounced(1))).rejects.toMatchObject(refusal({ usedBytes: QUOTA, reservedBytes: 0 }));
    expect(await module.get(UsageService).get({ ownerId })).toMatchObject({ files: 2, quotaBytes: QUOTA });
    expect(await module.get(UsageService).get({ sessionId: 'any' })).toMatchObject({ quotaBytes: null });
  });

  it('count the trash, and are free of what is purged', async () => {
    const { id } = await store(incoming(QUOTA));
    await files.trash(id, client);
    await expect(send(incoming(1))).rejects.toMatchObject(refusal({ usedBytes: QUOTA, reservedBytes: 0 }));
    await module.get(FileTrash).purge(id, client);
    await store(incoming(QUOTA));
  });

  it('count what is on its way, and are free of what was rejected', async () => {
    const sent = await send(incoming(9000));
    await expect(send(incoming(1001))).rejects.toMatchObject(refusal({ usedBytes: 0, reservedBytes: 9000 }));
    await intake.discard([sent], client, { reason: 'SPEC' });
    await store(incoming(QUOTA));
  });

  it('let a file in that was announced, also when they are lower by now', async () => {
    const sent = await send(incoming(9000));
    limits.ownerQuotaBytes = 5000;
    expect(await intake.confirm([sent], { actor: client })).toHaveLength(1);
  });

  it('refuse at the end what said no size and is too large, and leave nothing of it', async () => {
    const parameters = { id: ownerId };
    const sent = await send(unannounced(QUOTA + 1, { parameters }));
    await expect(intake.confirm([sent], { actor: client })).rejects.toMatchObject(
      refusal({ usedBytes: 0, reservedBytes: 0 }),
    );
    expect(await remains()).toEqual(NOTHING);
    const other = await send(unannounced(QUOTA + 1, { parameters }));
    await expect(intake.confirm([other], { actor: systemActor('sweeper') })).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
    });
    expect(await remains()).toEqual(NOTHING);
    await store(unannounced(QUOTA));
  });

  it('refuse at the end what is larger than it was announced, by what it has more', async () => {
    const sent = await send(incoming(6001, { announcedBytes: 2000 }));
    await send(incoming(4000));
    await expect(intake.confirm([sent], { actor: client })).rejects.toMatchObject(
      refusal({ usedBytes: 0, reservedBytes: 6000 }),
    );
    await store(incoming(6000, { announcedBytes: 2000 }));
  });

  it('have room for a set where they have it for what its main file announced', async () => {
    const main = await send(incoming(6000, { announcedBytes: QUOTA }));
    const beside = { main, variant: 'copy' };
    const fits = await send(unannounced(4000, { beside }));
    expect(await intake.confirm([main, fits], { actor: client })).toHaveLength(2);
    ownerId = `${ownerId}-other`;
    const second = await send(incoming(6000, { announcedBytes: QUOTA }));
    const large = await send(unannounced(4001, { beside: { main: second, variant: 'copy' } }));
    await expect(intake.confirm([second, large], { actor: client })).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });

  it('never refuse what the service makes itself, and count it', async () => {
    await store(unannounced(QUOTA + 500, { actor: systemActor('worker') }));
    await expect(send(incoming(1))).rejects.toMatchObject(refusal({ usedBytes: QUOTA + 500, reservedBytes: 0 }));
  });

  it('are each owner’s own; what is nobody’s is bounded by that of all', async () => {
    await store(incoming(QUOTA));
    await store(incoming(QUOTA, { references: { ownerId: `${ownerId}-other` } }));
    const nobodys = { references: {} };
    await store(incoming(2 * QUOTA, nobodys));
    const usedBytes = await usedByAll();
    limits.totalQuotaBytes = usedBytes + 100;
    const total = { scope: 'total', usedBytes, quotaBytes: usedBytes + 100 };
    await expect(send(incoming(101, nobodys))).rejects.toMatchObject(refusal({ ...total, reservedBytes: 0 }));
    const someone = { references: { ownerId: `${ownerId}-third` } };
    const sent = await send(incoming(60, someone));
    await expect(send(incoming(41, nobodys))).rejects.toMatchObject(refusal({ ...total, reservedBytes: 60 }));
    await intake.confirm([sent, await send(incoming(40, nobodys))], { actor: client });
  });

  it.each([
    ['of one owner', { ownerQuotaBytes: 7500, totalQuotaBytes: null }],
    ['of everybody', { ownerQuotaBytes: null, totalQuotaBytes: 7500 }],
    ['of both', { ownerQuotaBytes: 7500, totalQuotaBytes: 1e9 }],
  ])('let exactly as many of twenty at once in as fit: %s', async (_, bounds) => {
    Object.assign(limits, bounds);
    if (bounds.ownerQuotaBytes === null) limits.totalQuotaBytes = 7500 + (await usedByAll());
    const reservations = module.get(FileReservations);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        reservations.reserve({
          kind: note,
          parameters: { id: `${ownerId}-${index % 2}` },
          references: { ownerId },
          name: 'a.txt',
          contentType: 'text/plain',
          announcedBytes: 1000,
          actor: client,
        }),
      ),
    );
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refused).toHaveLength(13);
    for (const error of refused) expect(error).toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });

  it('ask the database nothing where there are none', async () => {
    Object.assign(limits, { ownerQuotaBytes: null, totalQuotaBytes: null });
    const unusable = {} as EntityManager;
    const quotas = module.get(Quotas);
    await quotas.assertRoom(unusable, { ownerId, sizeBytes: 1e15 });
    await quotas.assertRoomBeyond(unusable, [{ fileId: 'a', sizeBytes: 1e15 }]);
    limits.ownerQuotaBytes = 1;
    await quotas.assertRoom(unusable, { ownerId: null, sizeBytes: 1e15 });
  });
});
