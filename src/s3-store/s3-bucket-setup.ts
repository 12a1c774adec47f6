import {
  CreateBucketCommand,
  GetBucketCorsCommand,
  GetBucketVersioningCommand,
  PutBucketCorsCommand,
  type BucketLocationConstraint,
  type CORSRule,
} from '@aws-sdk/client-s3';
import type { S3Clients, S3Config } from '../s3/index.js';
import { S3Abilities } from './s3-abilities.js';
import { S3Bucket } from './s3-bucket.js';
import { s3Code } from './s3-errors.js';
import { orRefusal } from './s3-refusals.js';
import {
  BucketMissingError,
  type CorsState,
  type StoreReport,
  StoreSetup,
  type VersioningState,
} from '../object-storage/index.js';

const CORS_RULE_ID = 'catalyst-storage';
const CORS_MAX_AGE_SECONDS = 3600;
/** Where every bucket without a location of its own is; naming it is an error there. */
const DEFAULT_REGION = 'us-east-1';

/** A bucket of S3, or of a server that speaks as S3 does. */
export class S3BucketSetup extends StoreSetup {
  private readonly bucket: S3Bucket;
  private readonly trial: S3Abilities;

  constructor(
    private readonly clients: S3Clients,
    private readonly config: S3Config,
    bucketName: string,
  ) {
    super();
    this.bucket = new S3Bucket(bucketName, clients.main);
    this.trial = new S3Abilities(this.bucket, clients.presigner);
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
      cors: corsOrigins.length === 0 ? 'none-configured' : await this.allowOrigins(corsOrigins),
    };
  }

  override async abilities(): Promise<StoreReport['abilities']> {
    await this.bucket.check();
    return this.trial.probe();
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

  /** Adds our rule to the bucket's, or brings it up to date; rules of others stay. */
  private async allowOrigins(origins: readonly string[]): Promise<CorsState> {
    const wanted: CORSRule = {
      ID: CORS_RULE_ID,
      AllowedOrigins: [...origins],
      AllowedMethods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag', 'Location'],
      MaxAgeSeconds: CORS_MAX_AGE_SECONDS,
    };
    const outcome = await orRefusal(this.putCorsRule(wanted));
    return outcome === 'not-permitted' ? 'refused' : outcome;
  }

  private async putCorsRule(wanted: CORSRule): Promise<'applied' | 'unchanged'> {
    const present = await this.corsRules();
    if (present.some((rule) => isSameRule(rule, wanted))) return 'unchanged';
    const others = present.filter((rule) => rule.ID !== CORS_RULE_ID);
    const command = new PutBucketCorsCommand({
      Bucket: this.bucket.name,
      CORSConfiguration: { CORSRules: [...others, wanted] },
    });
    await this.ask('PutBucketCors', this.clients.main.send(command));
    return 'applied';
  }

  private async corsRules(): Promise<readonly CORSRule[]> {
    try {
      const command = new GetBucketCorsCommand({ Bucket: this.bucket.name });
      const { CORSRules = [] } = await this.ask('GetBucketCors', this.clients.main.send(command));
      return CORSRules;
    } catch (error) {
      if (s3Code(error) === 'NoSuchCORSConfiguration') return [];
      throw error;
    }
  }

  private ask<T>(operation: string, answer: Promise<T>): Promise<T> {
    return this.bucket.ask(operation, { key: '' }, answer);
  }
}

/** Stores give a rule's lists back in an order of their own. */
function isSameRule(one: CORSRule, other: CORSRule): boolean {
  return textOf(one) === textOf(other);
}

function textOf(rule: CORSRule): string {
  const { ID, AllowedOrigins, AllowedMethods, AllowedHeaders, ExposeHeaders, MaxAgeSeconds } = rule;
  const lists = [AllowedOrigins, AllowedMethods, AllowedHeaders, ExposeHeaders].map((list) => (list ?? []).toSorted());
  return JSON.stringify([ID, lists, MaxAgeSeconds]);
}
