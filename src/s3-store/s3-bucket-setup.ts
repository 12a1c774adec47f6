import { CreateBucketCommand, GetBucketVersioningCommand, type BucketLocationConstraint } from '@aws-sdk/client-s3';
import type { S3Clients, S3Config } from '../s3/index.js';
import { S3Abilities } from './s3-abilities.js';
import { S3Bucket } from './s3-bucket.js';
import { S3Cors } from './s3-cors.js';
import { s3Code } from './s3-errors.js';
import { orRefusal } from './s3-refusals.js';
import {
  BucketMissingError,
  type CorsRules,
  type CorsState,
  type StoreReport,
  StoreSetup,
  type VersioningState,
} from '../object-storage/index.js';

/** Where every bucket without a location of its own is; naming it is an error there. */
const DEFAULT_REGION = 'us-east-1';

/** A bucket of S3, or of a server that speaks as S3 does. */
export class S3BucketSetup extends StoreSetup {
  private readonly bucket: S3Bucket;
  private readonly trial: S3Abilities;
  private readonly cors: S3Cors;

  constructor(
    private readonly clients: S3Clients,
    private readonly config: S3Config,
    bucketName: string,
  ) {
    super();
    this.bucket = new S3Bucket(bucketName, clients.main);
    this.trial = new S3Abilities(this.bucket, clients.presigner);
    this.cors = new S3Cors(this.bucket);
  }

  override async ensure({ corsOrigins }: { readonly corsOrigins: readonly string[] }): Promise<StoreReport> {
    const created = await this.createIfMissing();
    return {
      driver: 's3',
      bucket: this.bucket.name,
      location: this.config.endpoint ?? `AWS ${this.config.region}`,
      created,
      versioning: await this.versioning(),
      abilities: await this.abilities(),
      cors: await this.cors.allowOrigins(corsOrigins),
    };
  }

  override async abilities(): Promise<StoreReport['abilities']> {
    await this.bucket.check();
    return this.trial.probe();
  }

  override async allowOrigins(origins: readonly string[]): Promise<CorsState> {
    await this.bucket.check();
    return this.cors.allowOrigins(origins);
  }

  override async corsRules(): Promise<CorsRules> {
    await this.bucket.check();
    return this.cors.show();
  }

  private async createIfMissing(): Promise<boolean> {
    try {
      await this.bucket.check();
      return false;
    } catch (error) {
      if (!(error instanceof BucketMissingError)) throw error;
    }
    try {
      await this.ask('CreateBucket', this.clients.main.send(new CreateBucketCommand(this.newBucket())));
    } catch (error) {
      // Another one who sets up the same bucket at this moment was first.
      if (s3Code(error) !== 'BucketAlreadyOwnedByYou') throw error;
    }
    await this.bucket.check();
    return true;
  }

  private newBucket() {
    const { region, endpoint } = this.config;
    const named = endpoint === undefined && region !== DEFAULT_REGION;
    return {
      Bucket: this.bucket.name,
      ...(named && { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } }),
    };
  }

  private async versioning(): Promise<VersioningState> {
    const command = new GetBucketVersioningCommand({ Bucket: this.bucket.name });
    const answer = await orRefusal(this.ask('GetBucketVersioning', this.clients.main.send(command)));
    if (answer === 'not-permitted') return 'unknown';
    if (answer === 'unsupported') return 'unsupported';
    if (answer.Status === undefined) return 'off';
    return answer.Status === 'Enabled' ? 'enabled' : 'suspended';
  }

  private ask<T>(operation: string, answer: Promise<T>): Promise<T> {
    return this.bucket.ask(operation, { key: '' }, answer);
  }
}
