import { appConfig, type AppConfig } from '../config/index.js';
import { StoreSetup, StoreSetupModule, type CorsRule, type CorsRules, type CorsState } from '../storage/index.js';
import { withModules } from './cli-contexts.js';
import { row, type CommandOutput } from './command-output.js';

/** The bucket was left as it is, and pages cannot use it as they should. */
export class CorsNotAppliedError extends Error {
  constructor(reason: string) {
    super(`The bucket's CORS rules were left as they were: ${reason}`);
    this.name = new.target.name;
  }
}

/** Puts our rule into the bucket. Needs no database. */
export async function applyCors(): Promise<CommandOutput> {
  return withModules([StoreSetupModule], async (context) => {
    const { corsOrigins } = context.get<AppConfig>(appConfig.KEY);
    const cors = await context.get(StoreSetup).allowOrigins(corsOrigins);
    assertApplied(cors);
    return { data: { cors, origins: corsOrigins }, lines: [row('CORS', corsText(cors, corsOrigins))] };
  });
}

/** Reads the bucket's rules, ours and others. Needs no database. */
export async function showCors(): Promise<CommandOutput> {
  return withModules([StoreSetupModule], async (context) => {
    const found = await context.get(StoreSetup).corsRules();
    return { data: found, lines: describe(found) };
  });
}

/** In words, for one line of a report. */
export function corsText(state: CorsState, origins: readonly string[]): string {
  switch (state) {
    case 'applied':
      return `applied now, for ${origins.join(', ')}`;
    case 'unchanged':
      return `as it should be, for ${origins.join(', ')}`;
    case 'none-configured':
      return 'left alone: CORS_ORIGINS is not set';
    case 'refused':
      return 'these credentials may not change it: an administrator has to, for uploads straight from browsers';
    case 'unsupported':
      return 'the store has none to set';
    case 'not-needed':
      return 'nothing to set: the service itself answers for the local store, by CORS_ORIGINS';
    default:
      return state satisfies never;
  }
}

function assertApplied(state: CorsState): void {
  switch (state) {
    case 'none-configured':
      throw new CorsNotAppliedError('set CORS_ORIGINS to the origins of the pages, such as https://app.example.org');
    case 'refused':
      throw new CorsNotAppliedError('these credentials may not change them (s3:GetBucketCORS, s3:PutBucketCORS)');
    case 'unsupported':
      throw new CorsNotAppliedError('the store has none to set');
    default:
  }
}

function describe({ state, rules }: CorsRules): string[] {
  switch (state) {
    case 'read':
      return rules.length === 0 ? ['The bucket has no CORS rules.'] : rules.flatMap(describeRule);
    case 'refused':
      return ['These credentials may not read the CORS rules of the bucket (s3:GetBucketCORS).'];
    case 'unsupported':
      return ['The store has no CORS rules.'];
    case 'not-needed':
      return ['The local store has no CORS rules: the service itself answers, by CORS_ORIGINS.'];
    default:
      return state satisfies never;
  }
}

function describeRule(rule: CorsRule): string[] {
  return [
    row('Rule', `${rule.id ?? 'without a name'}${rule.ours ? ' (of this service)' : ''}`),
    row('  origins', rule.origins.join(', ')),
    row('  methods', rule.methods.join(', ')),
    row('  may send', rule.allowedHeaders.join(', ')),
    row('  may read', rule.exposedHeaders.join(', ')),
  ];
}
