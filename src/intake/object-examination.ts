import { buffer } from 'node:stream/consumers';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../config/index.js';
import { DomainError } from '../errors/index.js';
import { Verifier, type FileChecksum, type FileVerification } from '../files/index.js';
import {
  DigestAlgorithm,
  extensionOf,
  FileKinds,
  ObjectDigest,
  ObjectStorage,
  storageConfig,
  type FileKind,
  type ObjectChecksums,
  type ObjectInfo,
  type StorageConfig,
} from '../storage/index.js';
import { VERDICTS } from './error-kinds.js';
import type { SentFile } from './file-intake.js';
import type { Reservation } from './file-reservations.js';
import {
  ChecksumDiffersError,
  EmptyFileError,
  FileTooLargeError,
  ObjectAbsentError,
  SizeDiffersError,
} from './intake.errors.js';
import { isOfficeFile, officeType } from './office-package.js';
import { SNIFF_BYTES, sniffType } from './type-sniffer.js';

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

/** Looks at objects that others put into the store. */
@Injectable()
export class ObjectExamination {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly kinds: FileKinds,
    private readonly clock: Clock,
    @Inject(storageConfig.KEY) private readonly config: Pick<StorageConfig, 'multipartThresholdBytes'>,
  ) {}

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
      // What the store could not answer is no verdict on what it has.
      if (error instanceof DomainError && VERDICTS.has(error.kind)) return { state: 'refused', error };
      throw error;
    }
  }

  /** Whether the bytes under a key have this checksum, by the store's word or by reading them. */
  async hasChecksum(key: string, claim: FileChecksum): Promise<boolean> {
    const found = await this.storage.head(key);
    if (found === undefined) throw new ObjectAbsentError();
    return (await this.checksumOf(found, claim)).value === claim.value;
  }

  /** As `DirectIntake.assertBeginning`. */
  async assertBeginning({ kind, key }: Pick<Reservation, 'kind' | 'key'>, name: string, head: Buffer): Promise<void> {
    const extension = extensionOf(name);
    if (isOfficeFile(extension)) return;
    const foundType = await sniffType(head.subarray(0, SNIFF_BYTES));
    this.kinds.contentType({ kind, parameters: parametersOf(kind, key) }, { extension, foundType });
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

  /**
   * What vouches for the bytes: the claim where there is one, else all that the store kept. Where that is nothing, the service
   * reads what would have come in one request; more than that is left without, so that no completion waits for gigabytes.
   */
  private async verify(found: ObjectInfo, claim: FileChecksum | undefined): Promise<readonly FileVerification[]> {
    const at = this.clock.now().toISOString();
    if (claim === undefined) {
      const kept = storeChecksums(found.checksums).map((checksum) => ({ by: Verifier.Store, ...checksum, at }));
      if (kept.length > 0 || found.sizeBytes > this.config.multipartThresholdBytes) return kept;
      const algorithm = DigestAlgorithm.Sha256;
      return [{ by: Verifier.Service, algorithm, value: await this.compute(found.key, algorithm), at }];
    }
    const { by, value } = await this.checksumOf(found, claim);
    if (value !== claim.value) throw new ChecksumDiffersError(claim.algorithm);
    return [
      { by: Verifier.Client, ...claim, at },
      { by, ...claim, at },
    ];
  }

  private async checksumOf(
    { key, checksums }: ObjectInfo,
    { algorithm }: FileChecksum,
  ): Promise<{ readonly by: Verifier; readonly value: string }> {
    const kept = storeChecksums(checksums).find((checksum) => checksum.algorithm === algorithm);
    if (kept !== undefined) return { by: Verifier.Store, value: kept.value };
    return { by: Verifier.Service, value: await this.compute(key, algorithm as DigestAlgorithm) };
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
