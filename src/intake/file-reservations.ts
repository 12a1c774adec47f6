import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Clock } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { FileStatus, StoredFile } from '../files/index.js';
import { Idempotency, type IdempotencyHold } from '../idempotency/index.js';
import type { FileKind } from '../storage/index.js';
import { Quotas, type MeasuredFile } from '../usage/index.js';
import type { FileReferences, IncomingFile, ReplayedFile } from './file-intake.js';
import type { IntakeStream } from './intake-stream.js';
import { intakeConfig, type IntakeConfig } from './intake.config.js';
import { FileLostError } from './intake.errors.js';
import { PendingFiles } from './pending-files.js';

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

/** What is held for files on their way in: their rows and keys, room, leases, and the keys of idempotent senders. */
@Injectable()
export class FileReservations implements OnApplicationShutdown {
  private readonly logger = new Logger(FileReservations.name);
  private readonly leases = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly em: EntityManager,
    private readonly idempotency: Idempotency,
    private readonly pending: PendingFiles,
    private readonly quotas: Quotas,
    private readonly clock: Clock,
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
      return { ...(await this.pending.insert(em, { file, leaseUntil })), ...(hold && { hold }) };
    });
  }

  /**
   * The same in the transaction `em`, for a file that its sender puts into the store himself: it has no lease, and whoever
   * announced it decides what becomes of it. Throws `QuotaExceededError`.
   */
  announce(em: EntityManager, file: AcceptedFile): Promise<Reservation> {
    return this.pending.insert(em, { file, leaseUntil: null });
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

  /**
   * Sets aside what an announced file turns out to have, before anything else in the transaction `em`. Throws
   * `QuotaExceededError`.
   */
  async widen(em: EntityManager, file: MeasuredFile): Promise<void> {
    await this.quotas.assertRoomBeyond(em, [file]);
    // What the service makes itself has nothing set aside.
    await em.nativeUpdate(
      StoredFile,
      { id: file.fileId, status: FileStatus.Pending, reservedBytes: { $lt: file.sizeBytes } },
      { reservedBytes: file.sizeBytes },
    );
  }

  /**
   * Before files are marked stored in the transaction `em`: throws `QuotaExceededError` where they turn out larger than what was
   * set aside, and there is no room for more.
   */
  async assertRoom(em: EntityManager, files: readonly MeasuredFile[]): Promise<void> {
    await this.quotas.assertRoomBeyond(em, files);
  }

  /** Keeps what an idempotent sender's repetition is answered, in the transaction that makes it true. */
  async keepAnswer(
    em: EntityManager,
    { hold, answer }: { readonly hold: IdempotencyHold; readonly answer: unknown },
  ): Promise<void> {
    await this.idempotency.finish(em, hold, answer);
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

  private leaseEnd(): Date {
    return new Date(this.clock.now().getTime() + this.config.leaseSeconds * 1000);
  }
}
