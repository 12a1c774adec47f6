import { Injectable } from '@nestjs/common';
import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { inTransaction } from '../database/index.js';
import { extensionOf, originalFilename } from '../storage/index.js';
import {
  ExtensionChangedError,
  FileNotFoundError,
  FileNotStoredError,
  FileTrashedError,
  InvalidFilenameError,
  TooManyEntriesError,
} from './files.errors.js';
import { FileStatus, StoredFile } from './stored-file.entity.js';

/** As many as an object of S3 may have tags. */
export const MAX_TAGS = 10;
export const MAX_METADATA = 50;

type Texts = Readonly<Record<string, string>>;
/** A merge patch (RFC 7396): null removes an entry, and in place of the map all of them. */
type TextsPatch = Readonly<Record<string, string | null>> | null;

export interface FileChanges {
  readonly originalFilename?: string;
  readonly tags?: TextsPatch;
  readonly metadata?: TextsPatch;
}

export interface FileEdit {
  readonly changes: FileChanges;
  readonly actor: Actor;
  /** Throws unless the file, locked, is in the state that the change is meant for. */
  readonly condition: (file: StoredFile) => void;
}

/** Changes what people say about a file: its name, tags and metadata. Its key and its bytes never change. */
@Injectable()
export class FileEdits {
  constructor(
    private readonly em: EntityManager,
    private readonly audit: AuditLog,
  ) {}

  /** The file as it is then. A change that changes nothing is none, and no audit row tells of it. */
  async edit(id: string, { changes, actor, condition }: FileEdit): Promise<StoredFile> {
    return inTransaction(this.em, async (em) => {
      const file = await em.findOne(StoredFile, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (file === null) throw new FileNotFoundError(id);
      if (file.status === FileStatus.Trashed) throw new FileTrashedError(id);
      if (!file.isStored()) throw new FileNotStoredError(id, file.status);
      condition(file);
      const changed = changesOf(file, changes);
      const fields = Object.keys(changed);
      if (fields.length === 0) return file;
      await em.nativeUpdate(StoredFile, { id, status: FileStatus.Stored, attempt: file.attempt }, changed);
      await this.audit.record(em, [
        { action: 'file.edited', actor, subjectType: 'file', subjectId: id, details: { fields } },
      ]);
      return em.findOneOrFail(StoredFile, { id }, { refresh: true });
    });
  }
}

/** What differs from the file as it is. */
function changesOf(file: StoredFile, { originalFilename: name, tags, metadata }: FileChanges) {
  const renamed = name === undefined ? file.originalFilename : newName(file, name);
  const retagged = merged(file.tags, tags, { field: 'tags', max: MAX_TAGS });
  const described = merged(file.metadata, metadata, { field: 'metadata', max: MAX_METADATA });
  return {
    ...(renamed !== file.originalFilename && { originalFilename: renamed }),
    ...(!isSame(retagged, file.tags) && { tags: retagged }),
    ...(!isSame(described, file.metadata) && { metadata: described }),
  };
}

function newName(file: StoredFile, asked: string): string {
  const name = originalFilename(asked);
  if (name === '') throw new InvalidFilenameError();
  const extension = extensionOf(file.originalFilename);
  if (extensionOf(name) !== extension) throw new ExtensionChangedError(extension);
  return name;
}

function merged(
  present: Texts,
  patch: TextsPatch | undefined,
  { field, max }: { readonly field: string; readonly max: number },
): Texts {
  if (patch === undefined) return present;
  const entries = new Map(patch === null ? [] : Object.entries(present));
  for (const [name, value] of Object.entries(patch ?? {})) {
    if (value === null) entries.delete(name);
    else entries.set(name, value);
  }
  if (entries.size > max) throw new TooManyEntriesError(field, max);
  return Object.fromEntries(entries);
}

function isSame(one: Texts, other: Texts): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
