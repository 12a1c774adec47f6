import { FEATURES } from '../app.module.js';
import { FileSweeper } from '../trash/index.js';
import { withDatabase } from './cli-contexts.js';
import { row, type CommandOutput } from './command-output.js';

/** One sweep. All features are there, since what is swept may be of a kind that any of them owns. */
export async function sweep(): Promise<CommandOutput> {
  const report = await withDatabase(FEATURES, (context) => context.get(FileSweeper, { strict: false }).sweep());
  return {
    data: report,
    lines: [
      row('Abandoned uploads', report.abandoned),
      row('Expired in the trash', report.expired),
      row('Removed for good', report.purged),
      row('Kept for the next', report.kept),
      row('Places settled', report.placesSettled),
      row('Answers expired', report.answersExpired),
      row('Usage changes folded', report.usageFolded),
      row('Thaws followed', report.thawsFollowed),
    ],
  };
}
