import { Inject, Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Clock } from '../config/index.js';
import { directUploadsConfig, Upload, type DirectUploadsConfig } from '../direct-uploads/index.js';
import type { UploadedPart } from '../storage/index.js';
import { UploadGoneError, UploadLockedError } from './tus.errors.js';
import type { UploadLease } from './upload-lease.js';

/** Bytes behind the last part, as an object of their own until they are enough for one. */
export interface Tail {
  readonly key: string;
  readonly sizeBytes: number;
}

/** How far an upload is: everything below `offset` is in the store, in parts and, behind them, in tails. */
export interface Progress {
  readonly offset: number;
  readonly nextPart: number;
  /** The number of the last part that is recorded; 0 where none is. Numbers between the two were left out. */
  readonly lastPart: number;
  readonly tails: readonly Tail[];
  /** As the sender wrote it. */
  readonly metadata: string | null;
}

/** One step forward. */
export interface Step {
  readonly from: Progress;
  readonly offset: number;
  readonly tails: readonly Tail[];
  readonly part?: UploadedPart;
}

/** A part of an object that was made of all that the store had. */
export interface JoinedPart {
  readonly sizeBytes: number;
  /** Whether it belongs to the file. */
  readonly isRecorded: boolean;
}

const NOTHING: Progress = { offset: 0, nextPart: 1, lastPart: 0, tails: [], metadata: null };

/** The rows that say how far uploads are. They move for the holder of the lease alone, and only from where it knows them. */
@Injectable()
export class RelayRecords {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    @Inject(directUploadsConfig.KEY) private readonly config: DirectUploadsConfig,
  ) {}

  async get(uploadId: string): Promise<Progress> {
    const [row] = await this.em
      .fork()
      .execute<
        { offset_bytes: string; next_part: number; last_part: number; tails: Tail[]; metadata: string | null }[]
      >(
        `select offset_bytes, next_part, tails, metadata,
           coalesce((select max(part_number) from tus_part where tus_part.upload_id = tus_upload.upload_id), 0) as last_part
         from tus_upload where upload_id = ?`,
        [uploadId],
      );
    if (row === undefined) return NOTHING;
    const { next_part: nextPart, last_part: lastPart, tails, metadata } = row;
    return { offset: Number(row.offset_bytes), nextPart, lastPart, tails, metadata };
  }

  /** Writes the row of an upload in the transaction `em` that opens it: without it nobody knows what was asked for. */
  async describe(
    em: EntityManager,
    { id, metadata }: { readonly id: string; readonly metadata: string | null },
  ): Promise<void> {
    await em.execute('insert into tus_upload (upload_id, metadata) values (?, ?)', [id, metadata]);
  }

  /**
   * Acknowledges what the store has now, and puts the expiry off. Throws `UploadLockedError` where somebody else has taken over,
   * `UploadGoneError` where the upload is over.
   */
  async advance(lease: UploadLease, { from, offset, tails, part }: Step): Promise<Progress> {
    const nextPart = Math.max(from.nextPart, (part?.partNumber ?? 0) + 1);
    const expiresAt = new Date(this.clock.now().getTime() + this.config.expirySeconds * 1000);
    const [row] = await this.em.fork().execute<{ alive: string; moved: string }[]>(
      `with alive as (
         update upload set expires_at = greatest(expires_at, ?) where id = ? and status = 'open' returning id),
       moved as (
         update tus_upload set offset_bytes = ?, next_part = ?, tails = ?::jsonb from alive
         where upload_id = alive.id and token = ? and lease_until is not null and offset_bytes = ? and next_part = ?
         returning upload_id),
       written as (
         insert into tus_part (upload_id, part_number, etag, size_bytes)
         select upload_id, p.part_number, p.etag, p.size_bytes
         from moved, jsonb_to_recordset(?::jsonb) as p (part_number integer, etag text, size_bytes bigint))
       select (select count(*) from alive) as alive, (select count(*) from moved) as moved`,
      [
        expiresAt,
        lease.uploadId,
        offset,
        nextPart,
        JSON.stringify(tails),
        lease.token,
        from.offset,
        from.nextPart,
        JSON.stringify(
          part === undefined ? [] : [{ part_number: part.partNumber, etag: part.etag, size_bytes: part.sizeBytes }],
        ),
      ],
    );
    if (Number(row?.alive) === 0) throw await this.goneError(lease.uploadId);
    if (Number(row?.moved) === 0) throw new UploadLockedError();
    return { ...from, offset, nextPart, lastPart: part?.partNumber ?? from.lastPart, tails };
  }

  /**
   * Throws `UploadLockedError` where somebody else has taken over, in the transaction `em` that ends an upload. Who would take
   * over waits for that transaction.
   */
  async assertHeld(em: EntityManager, { uploadId, token }: UploadLease): Promise<void> {
    const rows = await em.execute<unknown[]>(
      'select 1 from tus_upload where upload_id = ? and token = ? and lease_until is not null for update',
      [uploadId, token],
    );
    if (rows.length === 0) throw new UploadLockedError();
  }

  /** The same, now: somebody may take over right afterwards. */
  confirmHeld(lease: UploadLease): Promise<void> {
    return this.assertHeld(this.em.fork(), lease);
  }

  /** Writes down of what the object under the key will be made. Throws `UploadLockedError` where somebody else has taken over. */
  async noteJoined({ uploadId, token }: UploadLease, parts: readonly JoinedPart[]): Promise<void> {
    const rows = await this.em.fork().execute<unknown[]>(
      `update tus_upload set rescue = ?::jsonb where upload_id = ? and token = ? and lease_until is not null
         returning upload_id`,
      [JSON.stringify(parts), uploadId, token],
    );
    if (rows.length === 0) throw new UploadLockedError();
  }

  /** Of what the object under the key was made, or should have been, where it is more than the file. */
  async joined(uploadId: string): Promise<readonly JoinedPart[] | undefined> {
    const [row] = await this.em
      .fork()
      .execute<{ rescue: JoinedPart[] | null }[]>('select rescue from tus_upload where upload_id = ?', [uploadId]);
    return row?.rescue ?? undefined;
  }

  /** The parts that make the file, in order. */
  async parts(uploadId: string): Promise<readonly UploadedPart[]> {
    const rows = await this.em
      .fork()
      .execute<{ part_number: number; etag: string; size_bytes: string }[]>(
        'select part_number, etag, size_bytes from tus_part where upload_id = ? order by part_number',
        [uploadId],
      );
    return rows.map((row) => ({ partNumber: row.part_number, etag: row.etag, sizeBytes: Number(row.size_bytes) }));
  }

  /** Names the store's upload, once: the one that counts, which may be another's. */
  async nameStoreUpload(uploadId: string, storeUploadId: string): Promise<string | null> {
    const em = this.em.fork();
    await em.execute(
      "update upload set store_upload_id = ? where id = ? and status = 'open' and store_upload_id is null",
      [storeUploadId, uploadId],
    );
    return (await em.findOneOrFail(Upload, { id: uploadId })).storeUploadId ?? null;
  }

  /** Whether an upload is still its holder's, and may have this size, in the transaction `em` that has locked the upload. */
  async mayHave(
    em: EntityManager,
    { lease, sizeBytes }: { readonly lease: UploadLease; readonly sizeBytes: number },
  ): Promise<boolean> {
    const rows = await em.execute<unknown[]>(
      'select 1 from tus_upload where upload_id = ? and token = ? and offset_bytes <= ?',
      [lease.uploadId, lease.token, sizeBytes],
    );
    return rows.length > 0;
  }

  async goneError(uploadId: string): Promise<UploadGoneError> {
    const upload = await this.em.fork().findOne(Upload, { id: uploadId });
    return new UploadGoneError({ status: upload?.status ?? 'expired', reason: upload?.reason ?? null });
  }
}
