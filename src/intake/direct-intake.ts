import { buffer } from 'node:stream/consumers';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { Clock } from '../config/index.js';
import { DomainError, type ErrorKind } from '../errors/index.js';
import {
  FilePurger,
  FileStatus,
  InvalidFilenameError,
  StoredFile,
  Verifier,
  type FileChecksum,
  type FileVerification,
} from '../files/index.js';
import {
  extensionOf,
  FileKinds,
  ObjectDigest,
  ObjectStorage,
  originalFilename,
  type DigestAlgorithm,
  type FileKind,
  type ObjectChecksums,
  type ObjectInfo,
} from '../storage/index.js';
import { FileConfirmations } from './file-confirmations.js';
import type { Confirmation, IncomingFile, SentFile } from './file-intake.js';
import { FileReservations, type AcceptedFile, type Reservation } from './file-reservations.js';
import {
  ChecksumDiffersError,
  EmptyFileError,
  FileTooLargeError,
  ObjectAbsentError,
  SizeDiffersError,
} from './intake.errors.js';
import { isOfficeFile, officeType } from './office-package.js';
import { SNIFF_BYTES, sniffType } from './type-sniffer.js';

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

/** What an object has to be. */
export interface ObjectClaims {
  readonly originalFilename: string;
  readonly maxSizeBytes: number;
  readonly sizeBytes?: number;
  readonly checksum?: FileChecksum;
}

/** An object that is not what may lie there, whatever is tried. */
export interface RefusedObject {
  readonly state: 'refused';
  readonly error: DomainError;
}

/** What the store could not answer is no verdict on what it has. */
const VERDICTS: ReadonlySet<ErrorKind> = new Set(['invalid', 'too-large', 'unsupported-type', 'unprocessable']);

/** The way in for bytes that do not pass through the service: announced, sent by somebody else, examined, confirmed. */
@Injectable()
export class DirectIntake {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly kinds: FileKinds,
    private readonly reservations: FileReservations,
    private readonly confirmations: FileConfirmations,
    private readonly purger: FilePurger,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** Checks name, extension and size. Throws `InvalidFilenameError`, `TypeNotAcceptedError`, `FileTooLargeError`. */
  welcome({ filename, sizeBytes, ...file }: AnnouncedFile): WelcomeFile {
    const name = originalFilename(filename);
    if (name === '') throw new InvalidFilenameError();
    const contentType = this.kinds.announcedType(file, extensionOf(name));
    const { maxSizeBytes } = this.kinds.acceptance(file);
    if (sizeBytes !== undefined && sizeBytes > maxSizeBytes) throw new FileTooLargeError(maxSizeBytes);
    return { ...file, name, contentType, maxSizeBytes };
  }

  /** Writes the pending row in the transaction `em`. It has no lease: whoever announced it decides what becomes of it. */
  announce(em: EntityManager, file: WelcomeFile): Promise<Reservation> {
    return this.reservations.announce(em, file);
  }

  /**
   * Looks at the object: its size, its first bytes, its checksum. Throws `ObjectAbsentError` while there is none, and the
   * store's errors, which prove nothing.
   */
  async examine(reserved: Reservation, claims: ObjectClaims): Promise<SentFile | RefusedObject> {
    const found = await this.storage.head(reserved.key);
    if (found === undefined) throw new ObjectAbsentError();
    try {
      assertSize(found.sizeBytes, claims);
      await this.assertType(reserved, { ...claims, sizeBytes: found.sizeBytes });
      const verifications = await this.verify(found, claims.checksum);
      return {
        state: 'sent',
        ...reserved,
        result: { sizeBytes: found.sizeBytes, etag: found.etag, checksums: found.checksums },
        checksum: claims.checksum ?? verifications.at(0) ?? null,
        verifications,
      };
    } catch (error) {
      if (error instanceof DomainError && VERDICTS.has(error.kind)) return { state: 'refused', error };
      throw error;
    }
  }

  /**
   * Looks at the first bytes while the others are still on their way. Throws `TypeNotAcceptedError`; of an office package
   * nothing can be said before its end.
   */
  async assertBeginning({ kind, key }: Pick<Reservation, 'kind' | 'key'>, name: string, head: Buffer): Promise<void> {
    const extension = extensionOf(name);
    if (isOfficeFile(extension)) return;
    const foundType = await sniffType(head.subarray(0, SNIFF_BYTES));
    this.kinds.contentType({ kind, parameters: parametersOf(kind, key) }, { extension, foundType });
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

  /** Removes the object of a file that was given up, and what is open under its key. The sweep does it once more. */
  async clear(key: string): Promise<void> {
    await this.purger.remove([key]);
  }

  private async assertType(
    { kind, key }: Reservation,
    { originalFilename: name, sizeBytes }: ObjectClaims & { readonly sizeBytes: number },
  ): Promise<void> {
    const extension = extensionOf(name);
    const head = await this.storage.find(key, { start: 0, end: Math.min(SNIFF_BYTES, sizeBytes) - 1 });
    if (head === undefined) throw new ObjectAbsentError();
    const foundType = isOfficeFile(extension)
      ? (head.body.destroy(), await officeType(this.storage, { key, sizeBytes }))
      : await sniffType(await buffer(head.body));
    this.kinds.contentType({ kind, parameters: parametersOf(kind, key) }, { extension, foundType });
  }

  /** What vouches for the bytes: the claim where there is one, else the best that the store kept. */
  private async verify(found: ObjectInfo, claim: FileChecksum | undefined): Promise<readonly FileVerification[]> {
    const at = this.clock.now().toISOString();
    if (claim === undefined)
      return storeChecksums(found.checksums).map((kept) => ({ by: Verifier.Store, ...kept, at }));
    const kept = storeChecksums(found.checksums).find(({ algorithm }) => algorithm === claim.algorithm)?.value;
    const value = kept ?? (await this.compute(found.key, claim.algorithm as DigestAlgorithm));
    if (value !== claim.value) throw new ChecksumDiffersError(claim.algorithm);
    const by = kept === undefined ? Verifier.Service : Verifier.Store;
    return [
      { by: Verifier.Client, ...claim, at },
      { by, ...claim, at },
    ];
  }

  /** Reads the whole object, a chunk at a time: for stores that keep no checksum of it. */
  private async compute(key: string, algorithm: DigestAlgorithm): Promise<string> {
    const content = await this.storage.find(key);
    if (content === undefined) throw new ObjectAbsentError();
    const digest = ObjectDigest.of(algorithm);
    for await (const chunk of content.body) digest.update(chunk as Buffer);
    return digest.digest();
  }
}

function assertSize(found: number, { sizeBytes, maxSizeBytes }: ObjectClaims): void {
  if (found === 0) throw new EmptyFileError();
  if (found > maxSizeBytes) throw new FileTooLargeError(maxSizeBytes);
  if (sizeBytes !== undefined && found !== sizeBytes) throw new SizeDiffersError({ declared: sizeBytes, found });
}

/** The strongest first. */
function storeChecksums({ sha256, crc64nvme, crc32 }: ObjectChecksums): readonly FileChecksum[] {
  return [
    { algorithm: 'SHA256', value: sha256 },
    { algorithm: 'CRC64NVME', value: crc64nvme },
    { algorithm: 'CRC32', value: crc32 },
  ].flatMap(({ algorithm, value }) => (value === undefined ? [] : [{ algorithm, value }]));
}

function parametersOf(kind: FileKind, key: string) {
  const parsed = kind.parse(key);
  if (parsed === undefined) throw new Error(`${key} is not a key of ${kind.name}`);
  return parsed.parameters;
}
