import { Injectable, Logger } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import { inTransaction } from '../database/index.js';
import { FileStatus, StoredFile } from '../files/index.js';
import {
  AvailabilityState,
  NotArchivedError,
  ObjectMissingError,
  ObjectStorage,
  StoreRefusedError,
  StoreUnavailableError,
  type ThawOptions,
} from '../storage/index.js';
import { FileAvailability } from './file-availability.js';

const FOLLOW_BATCH = 100;
/** The fastest thaw takes a minute, the others hours. */
const FOLLOW_EVERY_MS = 60_000;

export interface ThawRequest {
  readonly id: string;
  readonly options: ThawOptions;
  readonly actor: Actor;
}

/** Has archived files thawed, and follows up until they can be read, and until they are archived again. */
@Injectable()
export class FileThaws {
  private readonly logger = new Logger(FileThaws.name);

  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly availability: FileAvailability,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /**
   * Asks the store to thaw an archived file. While it is being thawed nothing is asked again; one that is thawed is kept for
   * longer. Throws `NotArchivedError` where nothing has to be thawed.
   */
  async thaw({ id, options, actor }: ThawRequest): Promise<StoredFile> {
    const file = await this.availability.getStored(id);
    const { availability, storageClass } = await this.availability.ask(file);
    if (availability.state === AvailabilityState.Available) throw new NotArchivedError(storageClass);
    if (availability.state === AvailabilityState.Thawing) return this.read(id);
    // Who asks for it is known before it costs anything; what then becomes of it the store tells, now or when it is followed.
    await inTransaction(this.em, async (em) => {
      if (availability.state === AvailabilityState.Archived) await this.mark(em, file, AvailabilityState.Thawing);
      const details = { ...options, storageClass };
      await this.audit.record(em, [{ action: 'file.thaw-asked', actor, subjectType: 'file', subjectId: id, details }]);
    });
    try {
      await this.storage.thaw(file.key, options);
    } catch (error) {
      const refused = !(error instanceof StoreUnavailableError);
      if (refused && availability.state === AvailabilityState.Archived) {
        await this.mark(this.em.fork(), file, AvailabilityState.Archived);
      }
      throw error;
    }
    if (availability.state === AvailabilityState.Thawed) await this.availability.ask(await this.read(id));
    return this.read(id);
  }

  private async mark(em: EntityManager, { id, attempt }: StoredFile, availability: AvailabilityState): Promise<void> {
    await em.nativeUpdate(
      StoredFile,
      { id, status: FileStatus.Stored, attempt },
      { availability, availableUntil: null, availabilityAskedAt: this.clock.now() },
    );
  }

  /** Asks the store how far thaws are; how many were asked about. Safe on many nodes at once. */
  async follow(): Promise<number> {
    const now = this.clock.now();
    const em = this.em.fork();
    const due = await em.execute<{ id: string }[]>(
      `update stored_file set availability_asked_at = ?
       where id in (select id from stored_file
                    where availability in ('thawing', 'thawed') and status = 'stored'
                      and (availability = 'thawing' or available_until < ?)
                      and (availability_asked_at is null or availability_asked_at < ?)
                    order by availability_asked_at nulls first limit ${FOLLOW_BATCH} for update skip locked)
       returning id`,
      [now, now, new Date(now.getTime() - FOLLOW_EVERY_MS)],
    );
    for (const file of await em.find(StoredFile, { id: { $in: due.map((row) => row.id) } })) await this.followOne(file);
    return due.length;
  }

  private async followOne(file: StoredFile): Promise<void> {
    try {
      await this.availability.ask(file);
    } catch (error) {
      if (!(error instanceof ObjectMissingError) && !(error instanceof StoreRefusedError)) throw error;
      this.logger.warn({ event: 'THAW_NOT_FOLLOWED', fileId: file.id, err: error });
    }
  }

  private read(id: string): Promise<StoredFile> {
    return this.em.fork().findOneOrFail(StoredFile, { id });
  }
}
