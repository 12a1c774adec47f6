import type { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { inTransaction } from '../database/index.js';
import { EntityManager } from '@mikro-orm/postgresql';
import type { Actor } from '../auth/index.js';
import {
  FilePurger,
  InvalidFilenameError,
  Verifier,
  type FileChecksum,
  type FileVerification,
  type StoredFile,
} from '../files/index.js';
import type { IdempotentRequest } from '../idempotency/index.js';
import {
  extensionOf,
  FileKinds,
  KeyTakenError,
  ObjectStorage,
  originalFilename,
  StoreUnavailableError,
  type FileKind,
  type KeyParameters,
  type PutResult,
} from '../storage/index.js';
import { FileConfirmations } from './file-confirmations.js';
import { FileReservations, type Reservation } from './file-reservations.js';
import { IntakeStream } from './intake-stream.js';
import { EmptyFileError, KeyOccupiedError } from './intake.errors.js';
import { moments } from './moments.js';
import { isOfficeFile, officeType, presumedType } from './office-package.js';
import { sniffType } from './type-sniffer.js';

/** What a file belongs to. */
export interface FileReferences {
  readonly sessionId?: string;
  readonly documentId?: string;
  readonly ownerId?: string;
  readonly sourceFileId?: string;
}

export interface IncomingFile {
  readonly kind: FileKind;
  /** For the kind's key; name, extension, date and time are added here. */
  readonly parameters: KeyParameters;
  readonly references: FileReferences;
  /** As the sender wrote it. */
  readonly filename: string;
  /** Destroyed when the file is refused. */
  readonly body: Readable;
  readonly actor: Actor;
  readonly metadata?: Readonly<Record<string, string>>;
  /** SHA256 or SHA512 of the whole, in base64, by the sender's word: other bytes are refused, and these say who vouches. */
  readonly expected?: readonly FileChecksum[];
  /** Ends the transfer: the sender is gone. */
  readonly signal?: AbortSignal;
  readonly idempotent?: IdempotentRequest;
  /**
   * What the sender said that the file has, or a bound of it with all that comes beside it. It is set aside of the quotas;
   * where it is absent, the size counts when the file is confirmed.
   */
  readonly announcedBytes?: number;
  /** This file is no main file, but one of the set of another that was sent before it and is confirmed with it. */
  readonly beside?: FileBeside;
}

/** Which file of which set. */
export interface FileBeside {
  readonly main: Reservation;
  /** A variant of the main file's kind. */
  readonly variant: string;
}

/** A file whose bytes the store has and whose row is still pending: to be confirmed or discarded. */
export interface SentFile extends Reservation {
  readonly state: 'sent';
  readonly result: PutResult;
  /** Null where nobody computed one. */
  readonly checksum: FileChecksum | null;
  /** Who vouches for the bytes. */
  readonly verifications: readonly FileVerification[];
}

/** The request was carried out before: its answer. */
export interface ReplayedFile {
  readonly state: 'replayed';
  readonly answer: unknown;
}

export interface Confirmation {
  readonly actor: Actor;
  /** Runs first inside the confirming transaction; what it throws keeps the files unconfirmed. */
  readonly guard?: (em: EntityManager, sent: readonly SentFile[]) => Promise<void>;
  /** Runs last inside it. */
  readonly then?: (em: EntityManager, files: readonly StoredFile[]) => Promise<void>;
  /** What an idempotent sender's repetition is answered; asked when all the files are stored. */
  readonly answer?: (file: StoredFile, files: readonly StoredFile[]) => unknown;
}

/** The way in for bytes that pass through the service: reserve, send, confirm. */
@Injectable()
export class FileIntake {
  private readonly logger = new Logger(FileIntake.name);

  constructor(
    private readonly em: EntityManager,
    private readonly storage: ObjectStorage,
    private readonly kinds: FileKinds,
    private readonly reservations: FileReservations,
    private readonly confirmations: FileConfirmations,
    private readonly purger: FilePurger,
  ) {}

  /**
   * Looks at the first bytes, reserves a key and streams the file into the store. What is refused leaves nothing behind.
   * Rejects with `TypeNotAcceptedError`, `EmptyFileError`, `FileTooLargeError`, `UploadInterruptedError`, `ChecksumDiffersError`
   * or the store's errors.
   */
  async send(file: IncomingFile): Promise<SentFile | ReplayedFile> {
    const name = originalFilename(file.filename);
    if (name === '') {
      file.body.destroy();
      throw new InvalidFilenameError();
    }
    const extension = extensionOf(name);
    const destination = { ...file, ...(file.beside && { variant: file.beside.variant }) };
    const { maxSizeBytes } = this.kinds.acceptance(destination);
    const { expected = [] } = file;
    const stream = await IntakeStream.open(file.body, { maxSizeBytes, expected });
    let reserved: Reservation | ReplayedFile;
    let contentType: string;
    try {
      if (stream.head.length === 0) throw new EmptyFileError();
      const foundType = presumedType(await sniffType(stream.head), { extension, head: stream.head });
      contentType = this.kinds.contentType(destination, { extension, foundType });
      reserved = await this.reservations.reserve({ ...file, name, contentType });
    } catch (error) {
      await stream.cancel();
      throw error;
    }
    if ('state' in reserved) {
      await stream.cancel();
      return reserved;
    }
    moments.reserved.publish({ fileId: reserved.fileId });
    const leaseLost = this.reservations.keepLease(reserved, stream);
    const body = stream.body();
    try {
      // From here on what lies under the key is ours to remove; an object that was there before is not.
      if ((await this.storage.head(reserved.key)) !== undefined) throw new KeyTakenError(reserved.key);
      const signal = file.signal === undefined ? leaseLost : AbortSignal.any([leaseLost, file.signal]);
      const result = await this.storage.put(reserved.key, body, { contentType, ifAbsent: true, signal });
      if (isOfficeFile(extension)) {
        const foundType = await officeType(this.storage, { key: reserved.key, sizeBytes: result.sizeBytes });
        this.kinds.contentType(destination, { extension, foundType });
      }
      moments.sent.publish({ fileId: reserved.fileId });
      const checksum = { algorithm: 'SHA256', value: stream.sha256() };
      const verifications = [
        ...this.confirmations.vouch(Verifier.Client, expected),
        ...this.confirmations.vouch(Verifier.Service, [checksum]),
      ];
      return { state: 'sent', ...reserved, result, checksum, verifications };
    } catch (error) {
      if (error instanceof KeyTakenError) throw await this.withdraw(reserved, error);
      // A store that did not answer may still carry out what it was asked: the row stays to have the object removed again.
      const uncertain = error instanceof StoreUnavailableError;
      await this.discard([reserved], file.actor, { reason: rejectionOf(error), uncertain });
      throw error;
    } finally {
      body.destroy();
    }
  }

  /**
   * Asks the store for each object, then marks all the rows stored in one transaction, with their audit rows, hooks and
   * places. Whatever fails, the files are discarded and the reason is thrown.
   */
  async confirm(sent: readonly SentFile[], confirmation: Confirmation): Promise<readonly StoredFile[]> {
    try {
      const verified = await Promise.all(sent.map((file) => this.confirmations.verify(file)));
      const files = await inTransaction(this.em, (em) => this.confirmations.markStored(em, verified, confirmation));
      this.reservations.endLeases(sent);
      for (const { fileId } of sent) moments.confirmed.publish({ fileId });
      return files;
    } catch (error) {
      await this.discard(sent, confirmation.actor, { reason: rejectionOf(error) });
      throw error;
    }
  }

  /**
   * Undoes what `send` did. A file that was confirmed meanwhile, or that the sweeper has taken, is left alone. `uncertain`: the
   * store may still be at it, so the row stays for a while and the object is removed once more.
   */
  async discard(
    sent: readonly Reservation[],
    actor: Actor,
    { reason, uncertain = false }: { readonly reason: string; readonly uncertain?: boolean },
  ): Promise<void> {
    const ids = sent.map((file) => file.fileId);
    this.reservations.endLeases(sent);
    try {
      const swept = await this.reservations.reject(sent, { reason, uncertain });
      await this.purger.purge(ids, actor, { again: uncertain });
      // Whoever swept these rows may have done so before the last byte came: what came after is nobody's but ours.
      await this.purger.remove(swept.map((file) => file.key));
    } catch (error) {
      // The rows say what is left to do: the sweeper does it once the lease has run out.
      this.logger.warn({ event: 'DISCARD_DEFERRED', err: error, fileIds: ids });
    }
  }

  /** Somebody else's object lies under the key: it stays, and the next try gets another key. */
  private async withdraw(reserved: Reservation, cause: KeyTakenError): Promise<KeyOccupiedError> {
    this.logger.warn({ event: 'KEY_OCCUPIED', key: reserved.key }, 'the bucket has an object that no record knows');
    this.reservations.endLeases([reserved]);
    await this.reservations.withdraw(reserved);
    return new KeyOccupiedError({ cause });
  }
}

function rejectionOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code.slice(0, 64)
    : 'FAILED';
}
