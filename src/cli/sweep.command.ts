import { FEATURES } from '../app.module.js';
import { UploadReaper } from '../direct-uploads/index.js';
import { FileSweeper } from '../trash/index.js';
import { withDatabase } from './cli-contexts.js';
import { row, type CommandOutput } from './command-output.js';

/** One round of the reaper, then one sweep, which clears up behind it too. All features are there, since what is swept may be of a kind that any of them owns. */
export async function sweep(): Promise<CommandOutput> {
  const { uploads, ...files } = await withDatabase(FEATURES, async (context) => ({
    uploads: await context.get(UploadReaper, { strict: false }).reap({ all: true }),
    ...(await context.get(FileSweeper, { strict: false }).sweep()),
  }));
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
