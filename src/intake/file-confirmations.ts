import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import { Clock } from '../config/index.js';
import {
  FileEvent,
  FileHooks,
  FileStatus,
  Places,
  StoredFile,
  Verifier,
  type FileChecksum,
  type FileVerification,
} from '../files/index.js';
import { ObjectStorage } from '../storage/index.js';
import type { MeasuredFile } from '../usage/index.js';
import type { Confirmation, SentFile } from './file-intake.js';
import { FileReservations } from './file-reservations.js';
import { FileLostError, ObjectDiffersError } from './intake.errors.js';
import { moments } from './moments.js';

/** Turns sent files into stored ones. */
@Injectable()
export class FileConfirmations {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly audit: AuditLog,
    private readonly hooks: FileHooks,
    private readonly places: Places,
    private readonly reservations: FileReservations,
    private readonly clock: Clock,
  ) {}

  /** That these checksums were seen to be those of the bytes just now. */
  vouch(by: Verifier, checksums: readonly FileChecksum[]): readonly FileVerification[] {
    const at = this.clock.now().toISOString();
    return checksums.map(({ algorithm, value }) => ({ by, algorithm, value, at }));
  }

  /** Asks the store whether it has what was sent, and adds what it vouches for. Throws `ObjectDiffersError`. */
  async verify(file: SentFile): Promise<SentFile> {
    const { key, result } = file;
    const found = await this.storage.head(key);
    if (found === undefined) throw new ObjectDiffersError('the object is not there');
    if (found.sizeBytes !== result.sizeBytes) throw new ObjectDiffersError('its size differs');
    if (found.etag !== result.etag) throw new ObjectDiffersError('its etag differs');
    const { crc32 } = found.checksums;
    if (crc32 === undefined || result.checksums.crc32 === undefined) return file;
    if (crc32 !== result.checksums.crc32) throw new ObjectDiffersError('its checksum differs');
    const byStore = this.vouch(Verifier.Store, [{ algorithm: 'CRC32', value: crc32 }]);
    return { ...file, verifications: [...file.verifications, ...byStore] };
  }

  /**
   * Marks files stored in the transaction `em`, with their audit rows, hooks and places. Throws `QuotaExceededError` where they
   * turn out larger than what was set aside, and there is no room for more.
   */
  async markStored(
    em: EntityManager,
    sent: readonly SentFile[],
    { actor, guard, then, answer }: Confirmation,
  ): Promise<readonly StoredFile[]> {
    // The guard may lock rows for which those who wait for a quota would wait in turn.
    await this.reservations.assertRoom(em, sent.map(toMeasured));
    await guard?.(em, sent);
    const files: StoredFile[] = [];
    for (const { fileId, attempt, result, checksum, verifications } of sent) {
      const updated = await em.nativeUpdate(
        StoredFile,
        { id: fileId, status: FileStatus.Pending, attempt },
        {
          status: FileStatus.Stored,
          sizeBytes: result.sizeBytes,
          etag: result.etag,
          checksumAlgorithm: checksum?.algorithm ?? null,
          checksumValue: checksum?.value ?? null,
          verifications,
          leaseUntil: null,
          storedAt: this.clock.now(),
        },
      );
      if (updated === 0) throw new FileLostError();
      const file = await em.findOneOrFail(StoredFile, { id: fileId }, { refresh: true });
      for (const replaced of await this.places.advance(em, file, actor)) {
        await this.hooks.run(FileEvent.Trashed, em, replaced);
      }
      await this.audit.record(em, [
        {
          action: 'file.stored',
          actor,
          subjectType: 'file',
          subjectId: fileId,
          details: { kind: file.kind, key: file.key, sizeBytes: result.sizeBytes },
        },
      ]);
      await this.hooks.run(FileEvent.Stored, em, file);
      files.push(await em.findOneOrFail(StoredFile, { id: fileId }, { refresh: true }));
      moments.confirming.publish({ fileId });
    }
    await this.finishHolds(em, sent, { files, answer });
    await then?.(em, files);
    return files;
  }

  /** What the senders' repetitions will be answered. */
  private async finishHolds(
    em: EntityManager,
    sent: readonly SentFile[],
    { files, answer }: { readonly files: readonly StoredFile[]; readonly answer: Confirmation['answer'] | undefined },
  ): Promise<void> {
    for (const [index, { hold }] of sent.entries()) {
      const file = files[index];
      if (hold !== undefined && file !== undefined)
        await this.reservations.keepAnswer(em, { hold, answer: answer?.(file, files) ?? null });
    }
  }
}

function toMeasured({ fileId, result }: SentFile): MeasuredFile {
  return { fileId, sizeBytes: result.sizeBytes };
}
