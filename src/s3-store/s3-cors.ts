import { GetBucketCorsCommand, PutBucketCorsCommand, type CORSRule } from '@aws-sdk/client-s3';
import type { CorsRule, CorsRules, CorsState } from '../object-storage/index.js';
import type { S3Bucket } from './s3-bucket.js';
import { s3Code } from './s3-errors.js';
import { orRefusal } from './s3-refusals.js';

const RULE_ID = 'catalyst-storage';
const MAX_AGE_SECONDS = 3600;

/** What pages may read of the bucket's answers; those of tus for servers that speak it at the same origin. */
const EXPOSED_HEADERS = [
  'ETag',
  'Location',
  'Accept-Ranges',
  'Content-Range',
  'Content-Disposition',
  'Upload-Offset',
  'Upload-Length',
  'Upload-Expires',
  'Upload-Metadata',
  'Upload-Defer-Length',
  'Upload-Concat',
  'Tus-Resumable',
  'Tus-Version',
  'Tus-Max-Size',
  'Tus-Extension',
  'Tus-Checksum-Algorithm',
];

/** The bucket's CORS rules, one of which is ours. */
export class S3Cors {
  constructor(private readonly bucket: S3Bucket) {}

  /** Adds our rule to the bucket's, or brings it up to date; rules of others stay. */
  async allowOrigins(origins: readonly string[]): Promise<CorsState> {
    if (origins.length === 0) return 'none-configured';
    const outcome = await orRefusal(this.put(ruleFor(origins)));
    return outcome === 'not-permitted' ? 'refused' : outcome;
  }

  async show(): Promise<CorsRules> {
    const rules = await orRefusal(this.rules());
    if (typeof rules === 'string') return { state: rules === 'not-permitted' ? 'refused' : 'unsupported', rules: [] };
    return { state: 'read', rules: rules.map(toCorsRule) };
  }

  private async put(wanted: CORSRule): Promise<'applied' | 'unchanged'> {
    const present = await this.rules();
    if (present.some((rule) => isSameRule(rule, wanted))) return 'unchanged';
    const others = present.filter((rule) => rule.ID !== RULE_ID);
    const command = new PutBucketCorsCommand({
      Bucket: this.bucket.name,
      CORSConfiguration: { CORSRules: [...others, wanted] },
    });
    await this.bucket.ask('PutBucketCors', { key: '' }, this.bucket.client.send(command));
    return 'applied';
  }

  private async rules(): Promise<readonly CORSRule[]> {
    try {
      const command = new GetBucketCorsCommand({ Bucket: this.bucket.name });
      const answer = this.bucket.client.send(command);
      return (await this.bucket.ask('GetBucketCors', { key: '' }, answer)).CORSRules ?? [];
    } catch (error) {
      if (s3Code(error) === 'NoSuchCORSConfiguration') return [];
      throw error;
    }
  }
}

function ruleFor(origins: readonly string[]): CORSRule {
  return {
    ID: RULE_ID,
    AllowedOrigins: [...origins],
    AllowedMethods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
    AllowedHeaders: ['*'],
    ExposeHeaders: EXPOSED_HEADERS,
    MaxAgeSeconds: MAX_AGE_SECONDS,
  };
}

function toCorsRule({ ID, AllowedOrigins, AllowedMethods, AllowedHeaders, ExposeHeaders }: CORSRule): CorsRule {
  return {
    ...(ID !== undefined && { id: ID }),
    ours: ID === RULE_ID,
    origins: AllowedOrigins ?? [],
    methods: AllowedMethods ?? [],
    allowedHeaders: AllowedHeaders ?? [],
    exposedHeaders: ExposeHeaders ?? [],
  };
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
