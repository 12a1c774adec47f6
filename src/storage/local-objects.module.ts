import { Module } from '@nestjs/common';
import {
  LocalFormsService,
  LocalFormSigner,
  LocalLinkSigner,
  LocalObjectsController,
  LocalObjectsService,
  LocalObjectStorage,
} from '../local-store/index.js';
import { StorageModule } from './storage.module.js';
import { Store, type LocalStore } from './store.js';

/** Answers the local store's links. Imported only where the local store is the one that is used. */
@Module({
  imports: [StorageModule],
  controllers: [LocalObjectsController],
  providers: [
    { provide: LocalObjectStorage, inject: [Store], useFactory: (store: Store) => localOf(store).storage },
    { provide: LocalLinkSigner, inject: [Store], useFactory: (store: Store) => localOf(store).signer },
    { provide: LocalFormSigner, inject: [LocalLinkSigner], useFactory: ({ forms }: LocalLinkSigner) => forms },
    LocalFormsService,
    LocalObjectsService,
  ],
})
export class LocalObjectsModule {}

function localOf({ local }: Store): LocalStore {
  if (local === undefined) throw new Error('The store is not the local one: its links are answered elsewhere');
  return local;
}
