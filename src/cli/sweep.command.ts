import { FEATURES } from '../app.module.js';
import { UploadReaper, type ReapReport } from '../direct-uploads/index.js';
import { FileSweeper } from '../trash/index.js';
import { TusReaper } from '../tus/index.js';
import { withDatabase } from './cli-contexts.js';
import { row, type CommandOutput } from './command-output.js';

/**
 * One round of the reapers, then one sweep, which clears up behind them. All features are there, since what is swept may be of a
 * kind that any of them owns.
 */
export async function sweep(): Promise<CommandOutput> {
  const { uploads, ...files } = await withDatabase(FEATURES, async (context) => {
    // Each has its turn, whatever becomes of the others; the first failure is told at the end.
    const [direct] = await Promise.allSettled([context.get(UploadReaper, { strict: false }).reap({ all: true })]);
    const [relayed] = await Promise.allSettled([context.get(TusReaper, { strict: false }).reap()]);
    const swept = await context.get(FileSweeper, { strict: false }).sweep();
    return { uploads: sum(valueOf(direct), valueOf(relayed)), ...swept };
  });
  return {
    data: { ...files, uploads },
    lines: [
      row('Uploads completed', uploads.completed),
      row('Uploads rejected', uploads.rejected),
      row('Uploads expired', uploads.expired),
      row('Left of uploads', uploads.cleared),
      row('Uploads deferred', uploads.deferred),
      row('Abandoned uploads', files.abandoned),
      row('Expired in the trash', files.expired),
      row('Removed for good', files.purged),
      row('Kept for the next', files.kept),
      row('Places settled', files.placesSettled),
      row('Answers expired', files.answersExpired),
      row('Usage changes folded', files.usageFolded),
      row('Thaws followed', files.thawsFollowed),
    ],
  };
}

function valueOf<T>(outcome: PromiseSettledResult<T>): T {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

function sum(one: ReapReport, other: ReapReport): ReapReport {
  return {
    completed: one.completed + other.completed,
    rejected: one.rejected + other.rejected,
    expired: one.expired + other.expired,
    cleared: one.cleared + other.cleared,
    deferred: one.deferred + other.deferred,
  };
}
