import { appConfig, type AppConfig } from '../config/index.js';
import { StoreSetup, StoreSetupModule, type StoreReport } from '../storage/index.js';
import { withModules } from './cli-contexts.js';
import { corsText } from './cors.command.js';
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
