import { Injectable, SetMetadata, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { StoredFile } from './stored-file.entity.js';

/** What happened to a file, in the transaction in which it happens. */
export const FileEvent = { Stored: 'stored', Trashed: 'trashed', Restored: 'restored' } as const;
export type FileEvent = (typeof FileEvent)[keyof typeof FileEvent];

/** Every kind of file. */
export const ANY_KIND = '*';

/** A method that runs inside the transaction of the event: what it throws undoes the event. */
export type FileHook = (em: EntityManager, file: StoredFile) => Promise<void>;

interface HookMark {
  readonly event: FileEvent;
  readonly kind: string;
}

const FILE_HOOK = 'files:hook';

/** Marks a provider's method to run in the transaction that confirms a file of this kind, `ANY_KIND` for all. */
export const OnFileStored = (kind: string) => mark(FileEvent.Stored, kind);
/** Likewise for the transaction that moves a file to the trash. */
export const OnFileTrashed = (kind: string) => mark(FileEvent.Trashed, kind);
/** Likewise for the transaction that brings a file back from the trash. */
export const OnFileRestored = (kind: string) => mark(FileEvent.Restored, kind);

function mark(event: FileEvent, kind: string) {
  return SetMetadata<string, HookMark>(FILE_HOOK, { event, kind });
}

/** Finds the hooks of all modules, so that this one need not know them. */
@Injectable()
export class FileHooks implements OnModuleInit {
  private readonly hooks: { readonly mark: HookMark; readonly run: FileHook }[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders()) {
      if (typeof instance !== 'object' || instance === null) continue;
      const provider = instance as Record<string, unknown>;
      for (const name of this.scanner.getAllMethodNames(Object.getPrototypeOf(provider) as object)) {
        const method = provider[name];
        if (typeof method !== 'function') continue;
        const found = this.reflector.get<HookMark | undefined>(FILE_HOOK, method);
        if (found !== undefined) this.hooks.push({ mark: found, run: (method as FileHook).bind(provider) });
      }
    }
  }

  /** Runs the hooks of one event, one after the other, in the transaction `em`. */
  async run(event: FileEvent, em: EntityManager, file: StoredFile): Promise<void> {
    for (const { mark: wanted, run } of this.hooks) {
      if (wanted.event === event && (wanted.kind === ANY_KIND || wanted.kind === file.kind)) await run(em, file);
    }
  }
}
