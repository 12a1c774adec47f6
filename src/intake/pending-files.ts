import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Clock, Ids } from '../config/index.js';
import { FileCondition, FileStatus, StoredFile } from '../files/index.js';
import {
  extensionOf,
  keyDate,
  keyFilename,
  keyTimestamp,
  ObjectStorage,
  revisionKey,
  splitExtension,
  type KeyParameters,
  type KeyTemplate,
} from '../storage/index.js';
import { Quotas } from '../usage/index.js';
import type { FileBeside } from './file-intake.js';
import type { AcceptedFile, Reservation } from './file-reservations.js';
import { UsedKey } from './used-key.entity.js';

/** Writes the pending rows that stand for files on their way in, each with its key and the room set aside for it. */
@Injectable()
export class PendingFiles {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly quotas: Quotas,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** In the transaction `em`. Throws `QuotaExceededError`. */
  async insert(
    em: EntityManager,
    { file, leaseUntil }: { readonly file: AcceptedFile; readonly leaseUntil: Date | null },
  ): Promise<Reservation> {
    const now = this.clock.now();
    const fileId = this.ids.next();
    const ownerId = file.references.ownerId ?? file.actor.principal.ownerId ?? null;
    // Before the key is taken, for which others may wait: see ADR 0014.
    const reservedBytes = await this.setAside(em, file, ownerId);
    const { key, ...revision } = await this.takeKey(em, file, now);
    await em.insert(StoredFile, {
      id: fileId,
      kind: file.kind.name,
      variant: file.beside?.variant ?? null,
      bucket: this.storage.bucket,
      key,
      originalFilename: file.name,
      contentType: file.contentType,
      status: FileStatus.Pending,
      condition: FileCondition.Ok,
      attempt: 1,
      leaseUntil,
      reservedBytes,
      sessionId: file.references.sessionId ?? null,
      documentId: file.references.documentId ?? null,
      ownerId,
      sourceFileId: file.beside?.main.fileId ?? file.references.sourceFileId ?? null,
      metadata: file.metadata ?? {},
      tags: {},
      storageClass: 'STANDARD',
      ...revision,
      createdBy: file.actor.principal.id,
      createdAt: now,
    });
    return { fileId, attempt: 1, key, kind: file.kind, references: file.references, ...revision };
  }

  /**
   * The room that is set aside for a file. Nothing (null) for what the service makes itself: it counts as usage and is never
   * refused. None of its own (0) for what comes beside a main file, whose room is that of the set, and where nobody said a size.
   */
  private async setAside(em: EntityManager, file: AcceptedFile, ownerId: string | null): Promise<number | null> {
    const { actor, announcedBytes, beside } = file;
    if (actor.principal.kind === 'system') return null;
    if (beside !== undefined) return 0;
    await this.quotas.assertRoom(em, { ownerId, sizeBytes: announcedBytes ?? null });
    return announcedBytes ?? 0;
  }

  /** The next free key of this name: a revision's of a place, a new version's, or the first number never given out. */
  private async takeKey(em: EntityManager, file: AcceptedFile, now: Date): Promise<TakenKey> {
    if (file.beside !== undefined) return takeKeyBeside(em, file.beside);
    const { template, ifTaken } = file.kind;
    const parameters: KeyParameters = {
      filename: keyFilename(file.name),
      ext: extensionOf(file.name).slice(1),
      timestamp: keyTimestamp(now),
      date: keyDate(now),
      ...file.parameters,
    };
    switch (ifTaken) {
      case 'place': {
        const placeKey = template.build(parameters);
        const revisionId = this.ids.next();
        return { ...(await take(em, revisionKey(placeKey, revisionId))), placeKey, revisionId };
      }
      case 'version': {
        const version = await nextVersion(em, template.build({ ...parameters, version: '1' }));
        return take(em, template.build({ ...parameters, version }));
      }
      case 'suffix':
        return takeNumbered(em, template, parameters);
      default:
        return ifTaken satisfies never;
    }
  }
}

interface TakenKey {
  readonly key: string;
  readonly placeKey?: string;
  readonly revisionId?: string;
}

/** Takes a key that must be free: it holds an id or a number that nobody else was given. */
async function take(em: EntityManager, key: string): Promise<TakenKey> {
  await em.insert(UsedKey, { key });
  return { key };
}

/** The key of a variant says what its main file's key says. */
async function takeKeyBeside(em: EntityManager, { main, variant }: FileBeside): Promise<TakenKey> {
  const { kind, placeKey, revisionId } = main;
  const parsed = kind.parse(main.key);
  if (parsed === undefined) throw new Error(`${main.key} is not a key of ${kind.name}`);
  const plain = kind.variant(variant).template.build(parsed.parameters, parsed.suffix);
  if (placeKey === undefined || revisionId === undefined) return take(em, plain);
  return { ...(await take(em, revisionKey(plain, revisionId))), placeKey, revisionId };
}

/** The first number of a name that was never given out. */
async function takeNumbered(em: EntityManager, template: KeyTemplate, parameters: KeyParameters): Promise<TakenKey> {
  for (let suffix: number | undefined; ; suffix = await nextSuffix(em, template.build(parameters), suffix)) {
    const key = template.build(parameters, suffix);
    const taken = await em.execute<{ key: string }[]>(
      'insert into used_key (key) values (?) on conflict do nothing returning key',
      [key],
    );
    if (taken.length === 1) return { key };
  }
}

/** Numbers are given out once and grow; one whose upload fails is left out. */
async function nextVersion(em: EntityManager, firstKey: string): Promise<string> {
  const [row] = await em.execute<{ last_version: number }[]>(
    `insert into key_version (key, last_version) values (?, 1)
     on conflict (key) do update set last_version = key_version.last_version + 1 returning last_version`,
    [firstKey],
  );
  return String(row?.last_version);
}

/** The number behind the highest one that a name has had: 2 for a name that was given once. */
async function nextSuffix(em: EntityManager, plainKey: string, tried: number | undefined): Promise<number> {
  const { stem, extension } = splitExtension(plainKey);
  // The bounds let the index find them: '.' is what follows '-'.
  const [row] = await em.execute<{ highest: number | null }[]>(
    `select max(substring(key from length(?::text) + 2 for length(key) - length(?::text) - 1)::int) as highest from used_key
     where key > ?::text || '-' and key < ?::text || '.' and right(key, length(?::text)) = ?::text
       and substring(key from length(?::text) + 2 for length(key) - length(?::text) - 1) ~ '^[1-9][0-9]{0,8}$'`,
    [stem, stem + extension, stem, stem, extension, extension, stem, stem + extension],
  );
  return Math.max(row?.highest ?? 1, tried ?? 1) + 1;
}
