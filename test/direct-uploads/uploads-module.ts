import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { systemActor } from '../../src/auth/index.js';
import { Clock, ConfigurationModule } from '../../src/config/index.js';
import { DatabaseModule, DatabaseServer } from '../../src/database/index.js';
import {
  DirectUploads,
  DirectUploadsModule,
  refOf,
  Upload,
  UploadProtocol,
  UploadReaper,
  UploadTarget,
  UploadUrls,
  type UploadRequest,
} from '../../src/direct-uploads/index.js';
import { Attachment } from '../../src/embedded-postgres/index.js';
import { StoredFile } from '../../src/files/index.js';
import { FileKind, FormatFamily, ObjectStorage, RetentionClass, StorageModule } from '../../src/storage/index.js';
import { FileSweeper, TrashModule } from '../../src/trash/index.js';
import type { FormTarget } from '../../src/uploads/index.js';
import { createTestDatabase } from '../support/test-database.js';

export const actor = systemActor('spec');
export const MEBIBYTE = 1024 * 1024;

const note = new FileKind({
  name: 'spec-direct',
  keyTemplate: 'media/session-assets/{id}/{filename}',
  ifTaken: 'suffix',
  accepts: [FormatFamily.Document],
  retentionClass: RetentionClass.Document,
  linkable: true,
});

class NoteParameters {
  @IsString()
  id!: string;
}

@Injectable()
class NoteTargets {
  @UploadTarget(note, { parameters: NoteParameters, event: 'SPEC' })
  target({ id }: NoteParameters): FormTarget {
    return { parameters: { id }, references: {} };
  }
}

/** The real time, moved. */
export class MovedClock extends Clock {
  offsetMs = 0;
  override now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }
}

/** Uploads on a real database and the local store, at a time of the spec's choice. */
export class Uploads {
  private constructor(
    readonly module: TestingModule,
    readonly clock: MovedClock,
    readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<Uploads> {
    const clock = new MovedClock();
    const dataDir = mkdtempSync(join(tmpdir(), 'catalyst-direct-'));
    const database = await createTestDatabase();
    process.env['DATA_DIR'] = dataDir;
    process.env['MULTIPART_THRESHOLD_MB'] = '5';
    process.env['MULTIPART_PART_SIZE_MB'] = '5';
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
        StorageModule.forFeature([note]),
        TrashModule,
        DirectUploadsModule,
      ],
      providers: [NoteTargets],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    // The rounds are the spec's own.
    for (const job of [UploadReaper, FileSweeper]) Object.assign(module.get(job), { tick: () => Promise.resolve() });
    await module.init();
    return new Uploads(module, clock, async () => {
      await module.close();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
      for (const name of ['DATA_DIR', 'MULTIPART_THRESHOLD_MB', 'MULTIPART_PART_SIZE_MB'])
        Reflect.deleteProperty(process.env, name);
    });
  }

  get storage(): ObjectStorage {
    return this.module.get(ObjectStorage);
  }

  get reaper(): UploadReaper {
    return this.module.get(UploadReaper);
  }

  get sweeper(): FileSweeper {
    return this.module.get(FileSweeper);
  }

  get em(): EntityManager {
    return this.module.get(EntityManager);
  }

  /** An upload whose URLs were handed out. */
  async open(sizeBytes: number, more: Partial<UploadRequest> = {}): Promise<Upload> {
    const urls = this.module.get(UploadUrls);
    const upload = await this.reserve(sizeBytes, more);
    if (upload.strategy === 'multipart') await urls.parts(upload, { from: 1, count: 1 });
    else if (upload.strategy === 'form') await urls.form(upload);
    else await urls.single(upload);
    return this.uploadOf(upload);
  }

  /** One that was opened, and of whose URLs nobody asked. */
  reserve(sizeBytes: number, more: Partial<UploadRequest> = {}): Promise<Upload> {
    return this.module.get(DirectUploads).open({
      protocol: UploadProtocol.Rest,
      kind: note.name,
      parameters: { id: 'spec' },
      filename: 'a.txt',
      sizeBytes,
      actor,
      ...more,
    });
  }

  /** What its sender does, but for saying so. */
  async send(upload: Upload, bytes: Buffer): Promise<void> {
    if (upload.strategy === 'multipart') {
      const ref = refOf(upload);
      const size = 5 * MEBIBYTE;
      for (let part = 0; part * size < bytes.length; part += 1)
        await this.storage.uploadPart(ref, part + 1, bytes.subarray(part * size, (part + 1) * size));
      return;
    }
    await this.storage.put(upload.stagedKey ?? upload.key, Readable.from([bytes]), { contentType: 'text/plain' });
  }

  async uploadOf({ id }: Pick<Upload, 'id'>): Promise<Upload> {
    return this.em.fork().findOneOrFail(Upload, { id });
  }

  async fileOf({ fileId }: Pick<Upload, 'fileId'>): Promise<StoredFile | null> {
    return this.em.fork().findOne(StoredFile, { id: fileId });
  }

  /** What the store has under the keys of an upload. */
  async left({ key, stagedKey }: Pick<Upload, 'key' | 'stagedKey'>) {
    return {
      object: (await this.storage.head(key)) !== undefined,
      staged: stagedKey != null && (await this.storage.head(stagedKey)) !== undefined,
      openUploads: (await this.storage.listUploads({ prefix: key })).uploads.length,
    };
  }
}
