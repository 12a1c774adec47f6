import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { FilePurger, FileStatus, InvalidFilenameError, StoredFile, type FileChecksum } from '../files/index.js';
import { extensionOf, FileKinds, originalFilename } from '../storage/index.js';
import type { MeasuredFile } from '../usage/index.js';
import { FileConfirmations } from './file-confirmations.js';
import type { Confirmation, IncomingFile, SentFile } from './file-intake.js';
import { FileReservations, type AcceptedFile, type Reservation } from './file-reservations.js';
import { FileTooLargeError } from './intake.errors.js';
import { ObjectExamination, type ObjectClaims, type RefusedObject } from './object-examination.js';

/** A file that its sender will put into the store himself. */
export interface AnnouncedFile extends Pick<IncomingFile, 'kind' | 'parameters' | 'references' | 'actor' | 'metadata'> {
  /** As the sender wrote it. */
  readonly filename: string;
  /** Bytes, where he knows. */
  readonly sizeBytes?: number;
}

/** An announced file that may come: nothing of it is written yet. */
export interface WelcomeFile extends AcceptedFile {
  /** The most it may have. */
  readonly maxSizeBytes: number;
}

/** The way in for bytes that do not pass through the service: announced, sent by somebody else, examined, confirmed. */
@Injectable()
export class DirectIntake {
  constructor(
    private readonly kinds: FileKinds,
    private readonly reservations: FileReservations,
    private readonly examination: ObjectExamination,
    private readonly confirmations: FileConfirmations,
    private readonly purger: FilePurger,
    private readonly audit: AuditLog,
  ) {}

  /** Checks name, extension and size. Throws `InvalidFilenameError`, `TypeNotAcceptedError`, `FileTooLargeError`. */
  welcome({ filename, sizeBytes, ...file }: AnnouncedFile): WelcomeFile {
    const name = originalFilename(filename);
    if (name === '') throw new InvalidFilenameError();
    const contentType = this.kinds.announcedType(file, extensionOf(name));
    const { maxSizeBytes } = this.kinds.acceptance(file);
    if (sizeBytes !== undefined && sizeBytes > maxSizeBytes) throw new FileTooLargeError(maxSizeBytes);
    return { ...file, name, contentType, maxSizeBytes, ...(sizeBytes !== undefined && { announcedBytes: sizeBytes }) };
  }

  /** Writes the pending row in the transaction `em`. It has no lease: whoever announced it decides what becomes of it. */
  announce(em: EntityManager, file: WelcomeFile): Promise<Reservation> {
    return this.reservations.announce(em, file);
  }

  /** The size of a file that was announced without, first in the transaction `em`. Throws `QuotaExceededError`. */
  widen(em: EntityManager, file: MeasuredFile): Promise<void> {
    return this.reservations.widen(em, file);
  }

  /** As `ObjectExamination.examine`. */
  examine(reserved: Reservation, claims: ObjectClaims): Promise<SentFile | RefusedObject> {
    return this.examination.examine(reserved, claims);
  }

  /**
   * Looks at the first bytes while the others are still on their way. Throws `TypeNotAcceptedError`; of an office package
   * nothing can be said before its end.
   */
  assertBeginning(file: Pick<Reservation, 'kind' | 'key'>, name: string, head: Buffer): Promise<void> {
    return this.examination.assertBeginning(file, name, head);
  }

  /** Marks an examined file stored, in the transaction `em`. Throws `FileLostError` where somebody else decided. */
  async confirm(em: EntityManager, sent: SentFile, confirmation: Confirmation): Promise<StoredFile> {
    const [file] = await this.confirmations.markStored(em, [sent], confirmation);
    if (file === undefined) throw new Error('A file was sent, and none was confirmed');
    return file;
  }

  /**
   * Gives an announced file up, in the transaction `em`; false where it is no longer pending. The row stays until `keptUntil`,
   * for its reason to be read. The object is `clear`ed behind the transaction.
   */
  async reject(
    em: EntityManager,
    { fileId, attempt }: Pick<Reservation, 'fileId' | 'attempt'>,
    { reason, keptUntil, actor }: { readonly reason: string; readonly keptUntil: Date; readonly actor: Actor },
  ): Promise<boolean> {
    const rejected = await em.nativeUpdate(
      StoredFile,
      { id: fileId, status: FileStatus.Pending, attempt },
      { status: FileStatus.Rejected, attempt: attempt + 1, leaseUntil: keptUntil, rejectedReason: reason },
    );
    if (rejected === 0) return false;
    const entry = { action: 'file.rejected', actor, subjectType: 'file', subjectId: fileId, details: { reason } };
    await this.audit.record(em, [entry]);
    return true;
  }

  /** Drops the row of an announced file under whose key lies somebody else's object, in the transaction `em`. */
  async withdraw(em: EntityManager, { fileId, attempt }: Pick<Reservation, 'fileId' | 'attempt'>): Promise<void> {
    await em.nativeDelete(StoredFile, { id: fileId, status: FileStatus.Pending, attempt });
  }

  /** Whether the bytes under a key have this checksum, by the store's word or by reading them. */
  hasChecksum(key: string, claim: FileChecksum): Promise<boolean> {
    return this.examination.hasChecksum(key, claim);
  }

  /** Removes the object of a file that was given up, and what is open under its key. The sweep does it once more. */
  async clear(key: string): Promise<void> {
    await this.purger.remove([key]);
  }
}
