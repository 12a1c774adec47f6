import { randomBytes } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type DeleteObjectCommandInput,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  type AbilityState,
  KeyTakenError,
  ObjectMissingError,
  type StoreAbility,
  StoreUnavailableError,
} from '../object-storage/index.js';
import { postPolicyIsEnforced } from './s3-post-policy.js';
import { s3Code } from './s3-errors.js';
import { orRefusal, refusalOf } from './s3-refusals.js';
import type { S3Bucket } from './s3-bucket.js';

const BODY = 'ability';
const PREFIX = 'temp/processing/abilities-';
/** What a probe that died has left is gone after the first probe that comes this much later. */
const LEFT_BEHIND_MS = 3_600_000;
/** CRC-32 of no bytes at all, and so not of the body. */
const WRONG_CRC32 = 'AAAAAA==';

/** An object, or a version of one, below the folder of all probes. */
interface Left {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly LastModified?: Date | undefined;
}

/**
 * What a bucket can do, found by trying it: what servers that speak as S3 does say of themselves cannot be relied on. Works
 * on objects of its own below `temp/processing/`, and removes them, and those of an earlier probe that died.
 */
export class S3Abilities {
  private readonly folder = `${PREFIX}${randomBytes(8).toString('hex')}/`;

  constructor(
    private readonly bucket: S3Bucket,
    private readonly presigner: S3Client,
  ) {}

  async probe(): Promise<Readonly<Record<StoreAbility, AbilityState>>> {
    try {
      return {
        'conditional-create': await stateOf(() => this.createsOnce()),
        checksums: await stateOf(() => this.verifiesChecksums()),
        tags: await stateOf(() => this.keepsTags()),
        'post-policy': await stateOf(() => this.enforcesPolicies()),
        lifecycle: await stateOf(() => this.hasLifecycle()),
      };
    } finally {
      await this.clearUp();
    }
  }

  private async createsOnce(): Promise<boolean> {
    const object = { Key: `${this.folder}once.txt`, Body: BODY, IfNoneMatch: '*' };
    await this.put(object);
    try {
      await this.put(object);
      return false;
    } catch (error) {
      if (error instanceof KeyTakenError) return true;
      throw error;
    }
  }

  private async verifiesChecksums(): Promise<boolean> {
    try {
      await this.put({
        Key: `${this.folder}checksum.txt`,
        Body: BODY,
        ChecksumAlgorithm: 'CRC32',
        ChecksumCRC32: WRONG_CRC32,
      });
      return false;
    } catch (error) {
      if (error instanceof StoreUnavailableError || refusalOf(error) === 'not-permitted') throw error;
      return true;
    }
  }

  private async keepsTags(): Promise<boolean> {
    const object = { Bucket: this.bucket.name, Key: `${this.folder}tags.txt` };
    await this.put({ Key: object.Key, Body: BODY });
    const tags = [{ Key: 'class', Value: 'probe' }];
    await this.ask(
      'PutObjectTagging',
      this.client.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: tags } })),
    );
    const { TagSet = [] } = await this.ask('GetObjectTagging', this.client.send(new GetObjectTaggingCommand(object)));
    return TagSet.some((tag) => tag.Key === 'class' && tag.Value === 'probe');
  }

  private enforcesPolicies(): Promise<boolean> {
    return postPolicyIsEnforced(this.presigner, { bucket: this.bucket.name, folder: this.folder });
  }

  private async hasLifecycle(): Promise<boolean> {
    const command = new GetBucketLifecycleConfigurationCommand({ Bucket: this.bucket.name });
    try {
      await this.ask('GetBucketLifecycleConfiguration', this.client.send(command));
      return true;
    } catch (error) {
      if (s3Code(error) === 'NoSuchLifecycleConfiguration') return true;
      throw error;
    }
  }

  /** Versions too where that is permitted: in a versioned bucket a deletion alone keeps the bytes. */
  private async clearUp(): Promise<void> {
    const versions = await orRefusal(this.versions());
    for (const entry of typeof versions === 'string' ? await this.objects() : versions) {
      if (!this.isOursToRemove(entry)) continue;
      const object = { Bucket: this.bucket.name, Key: entry.Key };
      const removed = await orRefusal(this.remove({ ...object, VersionId: entry.VersionId }));
      if (typeof removed === 'string') await orRefusal(this.remove(object));
    }
  }

  private async versions(): Promise<readonly Left[]> {
    const list = new ListObjectVersionsCommand({ Bucket: this.bucket.name, Prefix: PREFIX });
    const { Versions = [], DeleteMarkers = [] } = await this.ask('ListObjectVersions', this.client.send(list));
    return [...Versions, ...DeleteMarkers];
  }

  private async objects(): Promise<readonly Left[]> {
    const list = new ListObjectsV2Command({ Bucket: this.bucket.name, Prefix: PREFIX });
    return (await this.ask('ListObjectsV2', this.client.send(list))).Contents ?? [];
  }

  private remove(input: DeleteObjectCommandInput): Promise<unknown> {
    return this.ask('DeleteObject', this.client.send(new DeleteObjectCommand(input)));
  }

  private isOursToRemove({ Key, LastModified }: Left): boolean {
    const leftBehind = LastModified !== undefined && LastModified.getTime() < Date.now() - LEFT_BEHIND_MS;
    return Key?.startsWith(this.folder) === true || leftBehind;
  }

  private put(object: Omit<PutObjectCommandInput, 'Bucket'>): Promise<unknown> {
    return this.ask('PutObject', this.client.send(new PutObjectCommand({ Bucket: this.bucket.name, ...object })));
  }

  private ask<T>(operation: string, answer: Promise<T>): Promise<T> {
    return this.bucket.ask(operation, { key: '' }, answer);
  }

  private get client(): S3Client {
    return this.bucket.client;
  }
}

/** An outage is none of the three, and is thrown on. */
async function stateOf(question: () => Promise<boolean>): Promise<AbilityState> {
  try {
    return (await question()) ? 'yes' : 'no';
  } catch (error) {
    if (error instanceof ObjectMissingError) return 'no';
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return refusal === 'not-permitted' ? 'unknown' : 'no';
  }
}
