import { appConfig, type AppConfig } from '../config/index.js';
import { StoreSetup, StoreSetupModule, type StoreReport } from '../storage/index.js';
import { withModules } from './cli-contexts.js';
import { row, type CommandOutput } from './command-output.js';

/** Prepares the store and says what it can do. Needs no database. */
export async function init(): Promise<CommandOutput> {
  return withModules([StoreSetupModule], async (context) => {
    const { corsOrigins } = context.get<AppConfig>(appConfig.KEY);
    const report = await context.get(StoreSetup).ensure({ corsOrigins });
    return { data: report, lines: describe(report, corsOrigins) };
  });
}

function describe(report: StoreReport, corsOrigins: readonly string[]): string[] {
  return [
    row(
      report.driver === 'local' ? 'Local store' : 'Bucket',
      `${report.bucket}${report.created ? ' (created now)' : ''}`,
    ),
    row(report.driver === 'local' ? 'Folder' : 'Endpoint', report.location),
    row('Versioning', report.versioning),
    ...Object.entries(report.abilities).map(([ability, state]) => row(ability, state)),
    row('CORS', corsText(report.cors, corsOrigins)),
  ];
}

function corsText(state: StoreReport['cors'], origins: readonly string[]): string {
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
      return 'the service answers for it';
    default:
      return state satisfies never;
  }
}
