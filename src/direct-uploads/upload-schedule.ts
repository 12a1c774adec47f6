import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Clock } from '../config/index.js';
import type { UploadEnd } from './upload-settlement.js';
import { NOT_OPENED, Upload, UploadStatus, UploadStrategy } from './upload.entity.js';

/** Few, so that they are done before the claim ends: a checksum may have to be computed of each. */
const BATCH = 20;
/** How long one node keeps the others away from what it looks at; those it could not settle wait for as long. */
const CLAIM_MS = 300_000;
const MIN_CHECK_MS = 60_000;
const MAX_CHECK_MS = 3_600_000;
/** What nobody was told of by then, nobody will be told of: requests do not take so long. */
const OPENING_MS = 600_000;

/** That an upload is over, and why. */
export interface Over extends Pick<UploadEnd, 'reason'> {
  /** What has to hold still when it is given up: its sender may be heard of meanwhile. */
  readonly provided: NonNullable<UploadEnd['provided']>;
}

/** When which upload is looked at, and when it is over. */
@Injectable()
export class UploadSchedule {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  now(): Date {
    return this.clock.now();
  }

  /** Makes every open upload due. */
  async makeDue(startedAt: Date): Promise<void> {
    const later = { status: UploadStatus.Open, nextCheckAt: { $gt: startedAt } };
    await this.em.fork().nativeUpdate(Upload, later, { nextCheckAt: startedAt });
  }

  /** Some of those that are due. None comes twice in a round: whatever becomes of it, its next look is behind the round's beginning. */
  async claim(startedAt: Date): Promise<readonly Upload[]> {
    const em = this.em.fork();
    const rows = await em.execute<{ id: string }[]>(
      `update upload set next_check_at = ?
       where id in (select id from upload where status = 'open' and strategy <> 'relay' and next_check_at <= ?
                    order by next_check_at limit ${BATCH} for update skip locked)
       returning id`,
      [new Date(this.clock.now().getTime() + CLAIM_MS), startedAt],
    );
    return em.find(Upload, { id: { $in: rows.map(({ id }) => id) } });
  }

  /** Whether an upload is given up unless it is finished. A URL that may still write keeps it. */
  whyOver({ expiresAt, createdAt, writableUntil, strategy, storeUploadId }: Upload): Over | undefined {
    const now = this.clock.now();
    const isParts = strategy === UploadStrategy.Multipart;
    const wasToldOf = isParts ? storeUploadId != null : writableUntil != null;
    if (!wasToldOf && now.getTime() - createdAt.getTime() > OPENING_MS)
      return { reason: NOT_OPENED, provided: isParts ? { storeUploadId: null } : { writableUntil: null } };
    const isWritable = writableUntil != null && writableUntil > now;
    if (expiresAt > now || isWritable) return undefined;
    const provided = { expiresAt: { $lte: now }, $or: [{ writableUntil: null }, { writableUntil: { $lte: now } }] };
    return { reason: 'UPLOAD_EXPIRED', provided };
  }

  /** The longer an upload lasts, the longer it may wait. */
  async lookAgain({ id, createdAt, expiresAt, writableUntil }: Upload): Promise<void> {
    const now = this.clock.now().getTime();
    const wait = Math.min(MAX_CHECK_MS, Math.max(MIN_CHECK_MS, (now - createdAt.getTime()) / 2));
    const overAt = Math.max(expiresAt.getTime(), writableUntil?.getTime() ?? 0);
    const nextCheckAt = new Date(Math.max(now + 1000, Math.min(now + wait, overAt)));
    await this.em.fork().nativeUpdate(Upload, { id, status: UploadStatus.Open }, { nextCheckAt });
  }
}
