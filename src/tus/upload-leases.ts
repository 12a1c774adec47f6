import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Lifetime } from '../config/index.js';
import { errorMessage } from '../errors/index.js';
import { intakeConfig, type IntakeConfig } from '../intake/index.js';
import { NodeSession, RELEASE_CHANNEL, SESSION_LOCK } from './node-session.js';
import { UploadLockedError } from './tus.errors.js';
import { UploadLease } from './upload-lease.js';

/** How long a request waits for another one to let go. */
const PATIENCE_MS = 5000;
const POLL_MS = 100;
/** A notification may be lost with the connection that listens. */
const ASK_AGAIN_MS = 1000;

/** What asks for a lease, and learns when somebody else wants it. */
export interface LeaseRequest {
  /** Gives up waiting. */
  readonly signal?: AbortSignal;
  readonly onRequested: () => void;
}

/**
 * One holder of an upload at a time, on all nodes: a row with a token that counts the holders. A lease ends when it is released,
 * when nobody renews it, or when its process is gone. Who lost one without knowing finds that no row of it changes any more.
 */
@Injectable()
export class UploadLeases implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(UploadLeases.name);
  private readonly held = new Map<string, UploadLease>();
  private renewal: NodeJS.Timeout | undefined;

  constructor(
    private readonly em: EntityManager,
    private readonly session: NodeSession,
    private readonly lifetime: Lifetime,
    @Inject(intakeConfig.KEY) private readonly config: IntakeConfig,
  ) {}

  onModuleInit(): void {
    this.session.onRelease((uploadId) => this.held.get(uploadId)?.requestRelease());
    this.lifetime.stopping.addEventListener('abort', () => {
      for (const lease of this.held.values()) lease.requestRelease();
    });
    this.renewal = setInterval(() => void this.renew(), (this.config.leaseSeconds * 1000) / 3);
    this.renewal.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.renewal);
  }

  /** Waits for the holder to let go, having asked it to. Throws `UploadLockedError` when it does not. */
  async acquire(uploadId: string, request: LeaseRequest): Promise<UploadLease> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let askedAt = -Infinity; ;) {
      const lease = await this.tryAcquire(uploadId, request);
      if (lease !== undefined) return lease;
      if (performance.now() > deadline || request.signal?.aborted === true) throw new UploadLockedError();
      if (performance.now() - askedAt > ASK_AGAIN_MS) {
        await this.ask(uploadId);
        askedAt = performance.now();
      }
      await sleep(POLL_MS);
    }
  }

  /** The lease, where nobody has it; nobody is asked. */
  async tryAcquire(uploadId: string, { onRequested }: LeaseRequest): Promise<UploadLease | undefined> {
    const [row] = await this.em.fork().execute<{ token: string }[]>(
      `insert into tus_upload as held (upload_id, token, lease_session, lease_until)
       values (?, 1, ?, now() + ? * interval '1 second')
       on conflict (upload_id) do update set
         token = held.token + 1,
         next_part = held.next_part + case when held.lease_until is null then 0 else 1 end,
         lease_session = excluded.lease_session,
         lease_until = excluded.lease_until
       where held.lease_until is null or held.lease_until < now()
         or (held.lease_session is not null and not exists (
           select 1 from pg_locks
           where locktype = 'advisory' and classid = ${SESSION_LOCK} and objid = held.lease_session::oid and granted
             and database = (select oid from pg_database where datname = current_database())))
       returning token`,
      [uploadId, this.session.id, this.config.leaseSeconds],
    );
    if (row === undefined) return undefined;
    const lease = new UploadLease(uploadId, Number(row.token), onRequested);
    this.held.set(uploadId, lease);
    return lease;
  }

  /** Lets go. What cannot be written down runs out. */
  async release(lease: UploadLease): Promise<void> {
    const { uploadId, token } = lease;
    if (this.held.get(uploadId) === lease) this.held.delete(uploadId);
    try {
      await this.em.fork().execute(
        `update tus_upload set lease_until = null, lease_session = null, next_part = next_part + ?
         where upload_id = ? and token = ?`,
        [lease.isNumberInDoubt ? 1 : 0, uploadId, token],
      );
    } catch (error) {
      this.logger.warn({ event: 'UPLOAD_LEASE_LEFT', uploadId, reason: errorMessage(error) });
    }
  }

  private async ask(uploadId: string): Promise<void> {
    this.held.get(uploadId)?.requestRelease();
    await this.em.fork().execute('select pg_notify(?, ?)', [RELEASE_CHANNEL, uploadId]);
  }

  /** All at once. Those that are no longer ours are let go by whoever works on them. */
  private async renew(): Promise<void> {
    const leases = [...this.held.values()];
    if (leases.length === 0) return;
    try {
      const rows = await this.em.fork().execute<{ upload_id: string; token: string }[]>(
        `update tus_upload set lease_until = now() + ? * interval '1 second', lease_session = coalesce(lease_session, ?)
         from jsonb_to_recordset(?::jsonb) as mine (id uuid, number bigint)
         where upload_id = mine.id and token = mine.number and lease_until is not null
         returning upload_id, token`,
        [
          this.config.leaseSeconds,
          this.session.id,
          JSON.stringify(leases.map(({ uploadId, token }) => ({ id: uploadId, number: token }))),
        ],
      );
      const renewed = new Set(rows.map(({ upload_id: id, token }) => `${id} ${token}`));
      for (const lease of leases) if (!renewed.has(`${lease.uploadId} ${lease.token}`)) lease.requestRelease();
    } catch (error) {
      this.logger.warn({ event: 'UPLOAD_LEASES_NOT_RENEWED', reason: errorMessage(error) });
    }
  }
}
