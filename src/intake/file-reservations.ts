import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Clock, Ids } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { FileCondition, FileStatus, StoredFile } from '../files/index.js';
import { Idempotency, type IdempotencyHold } from '../idempotency/index.js';
import {
  extensionOf,
  keyDate,
  keyFilename,
  keyTimestamp,
  ObjectStorage,
  revisionKey,
  splitExtension,
  type FileKind,
  type KeyParameters,
  type KeyTemplate,
} from '../storage/index.js';
import { Quotas } from '../usage/index.js';
import type { FileBeside, FileReferences, IncomingFile, ReplayedFile } from './file-intake.js';
import type { IntakeStream } from './intake-stream.js';
import { intakeConfig, type IntakeConfig } from './intake.config.js';
import { FileLostError } from './intake.errors.js';
import { UsedKey } from './used-key.entity.js';

/** A pending row and its key: the right to send an object, for as long as the lease is kept. */
export interface Reservation {
  readonly fileId: string;
  /** Fencing number: every later change of the row must still find it. */
  readonly attempt: number;
  readonly key: string;
  readonly kind: FileKind;
  readonly references: FileReferences;
  /** Of a revision of a place. */
  readonly placeKey?: string;
  readonly revisionId?: string;
  readonly hold?: IdempotencyHold;
}

/** A file that was looked at and may come in. */
export interface AcceptedFile extends Pick<
  IncomingFile,
  'kind' | 'parameters' | 'references' | 'actor' | 'metadata' | 'idempotent' | 'announcedBytes' | 'beside'
> {
  /** The safe original name. */
  readonly name: string;
  readonly contentType: string;
}

/** Writes the pending rows that stand for files on their way in. */
@Injectable()
export class FileReservations implements OnApplicationShutdown {
  private readonly logger = new Logger(FileReservations.name);
  private readonly leases = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly idempotency: Idempotency,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly quotas: Quotas,
    @Inject(intakeConfig.KEY) private readonly config: IntakeConfig,
  ) {}

  /**
   * Commits the pending row and its key; or returns what the same request was answered before. Throws `QuotaExceededError`.
   */
  async reserve(file: AcceptedFile): Promise<Reservation | ReplayedFile> {
    const leaseUntil = this.leaseEnd();
    return inTransaction(this.em, async (em) => {
      let hold: IdempotencyHold | undefined;
      if (file.idempotent !== undefined) {
        const outcome = await this.idempotency.begin(em, file.idempotent, leaseUntil);
        if (outcome.state === 'answered') return { state: 'replayed', answer: outcome.answer };
        hold = outcome.hold;
      }
      return { ...(await this.insert(em, file, leaseUntil)), ...(hold && { hold }) };
    });
  }

  /**
   * The same in the transaction `em`, for a file that its sender puts into the store himself: it has no lease, and whoever
   * announced it decides what becomes of it. Throws `QuotaExceededError`.
   */
  announce(em: EntityManager, file: AcceptedFile): Promise<Reservation> {
    return this.insert(em, file, null);
  }

  private async insert(em: EntityManager, file: AcceptedFile, leaseUntil: Date | null): Promise<Reservation> {
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

  /**
   * Renews the lease while bytes move, and then until `endLeases`: the sender lives. The signal is aborted when the lease was
   * lost.
   */
  keepLease(reserved: Reservation, stream: IntakeStream): AbortSignal {
    const controller = new AbortController();
    let seenBytes = -1;
    const renew = async (): Promise<void> => {
      if (!stream.complete && stream.sizeBytes === seenBytes) return;
      seenBytes = stream.sizeBytes;
      const em = this.em.fork();
      const leaseUntil = this.leaseEnd();
      const renewed = await em.nativeUpdate(
        StoredFile,
        { id: reserved.fileId, status: FileStatus.Pending, attempt: reserved.attempt },
        { leaseUntil },
      );
      if (renewed === 0) controller.abort(new FileLostError());
      else if (reserved.hold !== undefined) await this.idempotency.renew(em, reserved.hold, leaseUntil);
    };
    const timer = setInterval(
      () => {
        renew().catch((error: unknown) => {
          // The confirming update decides; a renewal that fails only makes the lease shorter.
          this.logger.warn({ event: 'LEASE_NOT_RENEWED', fileId: reserved.fileId, err: error });
        });
      },
      (this.config.leaseSeconds * 1000) / 3,
    );
    this.leases.set(reserved.fileId, timer);
    return controller.signal;
  }

  /** What is still on its way is the sweeper's from now on. */
  onApplicationShutdown(): void {
    for (const timer of this.leases.values()) clearInterval(timer);
    this.leases.clear();
  }

  /** The files are confirmed or given up: nobody waits for them any more. */
  endLeases(reservations: readonly Reservation[]): void {
    for (const { fileId } of reservations) {
      clearInterval(this.leases.get(fileId));
      this.leases.delete(fileId);
    }
  }

  /** Drops a pending row whose object is not ours. */
  async withdraw({ fileId, attempt, hold }: Reservation): Promise<void> {
    const em = this.em.fork();
    await em.nativeDelete(StoredFile, { id: fileId, status: FileStatus.Pending, attempt });
    if (hold !== undefined) await this.idempotency.release(em, hold);
  }

  /**
   * Gives pending files up. One that is no longer pending, or another's by now, is left alone. `uncertain`: the sweeper leaves
   * them for a while, as the store may still be at it. Returns those whose rows are gone altogether: the sweeper was faster.
   */
  async reject(
    reservations: readonly Reservation[],
    { reason, uncertain }: { readonly reason: string; readonly uncertain: boolean },
  ): Promise<readonly Reservation[]> {
    const em = this.em.fork();
    const gone: Reservation[] = [];
    for (const reservation of reservations) {
      const { fileId, attempt, hold } = reservation;
      const rejected = await em.nativeUpdate(
        StoredFile,
        { id: fileId, status: FileStatus.Pending, attempt },
        {
          status: FileStatus.Rejected,
          attempt: attempt + 1,
          leaseUntil: uncertain ? this.leaseEnd() : null,
          rejectedReason: reason,
        },
      );
      if (hold !== undefined) await this.idempotency.release(em, hold);
      if (rejected === 0 && (await em.count(StoredFile, { id: fileId })) === 0) gone.push(reservation);
    }
    return gone;
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

  private leaseEnd(): Date {
    return new Date(this.clock.now().getTime() + this.config.leaseSeconds * 1000);
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
