import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Clock } from '../../src/config/clock.js';
import { DomainErrorFilter } from '../../src/errors/index.js';
import { LocalFormSigner } from '../../src/local-store/local-form-signer.js';
import { LocalFormsService } from '../../src/local-store/local-forms.service.js';
import { LocalLinkSigner } from '../../src/local-store/local-link-signer.js';
import { LocalObjectStorage } from '../../src/local-store/local-object-storage.js';
import { LocalObjectsController } from '../../src/local-store/local-objects.controller.js';
import { LocalObjectsService } from '../../src/local-store/local-objects.service.js';
import { freePort } from '../support/free-port.js';
import type { StorageUnderTest } from './storage-under-test.js';

export interface LocalStorageUnderTest extends StorageUnderTest {
  readonly storage: LocalObjectStorage;
  readonly signer: LocalLinkSigner;
  /** The folder of its bucket. */
  readonly folder: string;
}

/** A local store in a folder of its own, and a server that answers its links. */
export async function openLocalStorage(): Promise<LocalStorageUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'local-object-storage-'));
  const port = await freePort();
  const clock = new Clock();
  const bucket = 'local';
  const signer = new LocalLinkSigner(
    { publicUrl: `http://127.0.0.1:${port}`, bucket, secret: 'a secret for this test alone' },
    clock,
  );
  const storage = await LocalObjectStorage.open({ root, bucket, signer, clock });
  const app = await serve(storage, signer);
  await app.listen(port, '127.0.0.1');
  return {
    storage,
    signer,
    folder: join(root, bucket),
    close: async () => {
      await app.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function serve(storage: LocalObjectStorage, signer: LocalLinkSigner): Promise<INestApplication> {
  const module = await Test.createTestingModule({
    controllers: [LocalObjectsController],
    providers: [
      LocalObjectsService,
      LocalFormsService,
      { provide: LocalFormSigner, useValue: signer.forms },
      { provide: LocalObjectStorage, useValue: storage },
      { provide: LocalLinkSigner, useValue: signer },
    ],
  }).compile();
  // A body of any type is the object's own: no parser may take it first.
  const app = module.createNestApplication({ bodyParser: false, forceCloseConnections: true });
  app.useGlobalFilters(new DomainErrorFilter());
  return app;
}
