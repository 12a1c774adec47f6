import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EntityManager } from '@mikro-orm/postgresql';
import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Injectable, Logger, type Provider } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { systemActor } from '../../src/auth/index.js';
import { AvailabilityModule } from '../../src/availability/index.js';
import { ConfigurationModule } from '../../src/config/index.js';
import { DatabaseModule, DatabaseServer } from '../../src/database/index.js';
import { Attachment } from '../../src/embedded-postgres/index.js';
import { ANY_KIND, FilesModule, OnFileRestored, OnFileTrashed, type StoredFile } from '../../src/files/index.js';
import { FileIntake, IntakeModule, type FileReferences } from '../../src/intake/index.js';
import { LinksModule } from '../../src/links/index.js';
import { ProcessedFile } from '../../src/processing/processed-file.entity.js';
import { StepRun } from '../../src/processing/step-run.entity.js';
import { SESSION_KINDS } from '../../src/sessions/session-kinds.js';
import { StorageModule, type FileKind } from '../../src/storage/index.js';
import { TrashModule } from '../../src/trash/index.js';
import { createTestDatabase } from '../support/test-database.js';

export const actor = systemActor('spec');

/** Tells of what happens to files; `refuse` makes the next one fail. */
@Injectable()
export class Witness {
  readonly trashed: string[] = [];
  readonly restored: string[] = [];
  refuse: string | undefined;

  @OnFileTrashed(ANY_KIND)
  seeTrashed(_: EntityManager, { id }: StoredFile): Promise<void> {
    this.trashed.push(id);
    return id === this.refuse ? Promise.reject(new Error('refused')) : Promise.resolve();
  }

  @OnFileRestored(ANY_KIND)
  seeRestored(_: EntityManager, { id }: StoredFile): Promise<void> {
    this.restored.push(id);
    return Promise.resolve();
  }
}

/** Files and the kinds of sessions on a real database and the local store. */
export interface Sessions {
  readonly module: TestingModule;
  readonly em: EntityManager;
  store(kind: FileKind, parameters: Record<string, string>, references: FileReferences): Promise<StoredFile>;
  close(): Promise<void>;
}

export async function openSessions(providers: Provider[] = []): Promise<Sessions> {
  const dataDir = mkdtempSync(join(tmpdir(), 'catalyst-sessions-'));
  const database = await createTestDatabase();
  process.env['DATA_DIR'] = dataDir;
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
      StorageModule.forFeature(SESSION_KINDS),
      FilesModule,
      IntakeModule,
      AvailabilityModule,
      LinksModule,
      TrashModule,
      MikroOrmModule.forFeature([ProcessedFile, StepRun]),
    ],
    providers: [Witness, ...providers],
  }).compile();
  await module.init();
  const intake = module.get(FileIntake);
  return {
    module,
    em: module.get(EntityManager),
    store: async (kind, parameters, references) => {
      const filename = parameters['ext'] === undefined ? 'note.txt' : `note.${parameters['ext']}`;
      const body = Readable.from([Buffer.from('{}')]);
      const sent = await intake.send({ kind, parameters, references, filename, body, actor });
      if (sent.state !== 'sent') throw new Error('Nothing was sent before');
      const [file] = await intake.confirm([sent], { actor });
      if (file === undefined) throw new Error('It was confirmed');
      return file;
    },
    close: async () => {
      await module.close();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
      delete process.env['DATA_DIR'];
    },
  };
}
