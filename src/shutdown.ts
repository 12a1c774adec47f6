import type { INestApplication } from '@nestjs/common';
import type { DatabaseServer } from './database/index.js';

/** After this the process ends whatever is still open: orchestrators send SIGKILL at ten seconds. */
const DEADLINE_MS = 9500;

/**
 * Ends the service on SIGTERM and SIGINT: no new requests, running ones and jobs get a moment, then the database. Exit 0; a
 * second signal ends it at once.
 */
export function stopOnSignals(app: INestApplication, database: DatabaseServer): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(0), DEADLINE_MS).unref();
    void end(app, database);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function end(app: INestApplication, database: DatabaseServer): Promise<void> {
  let code = 0;
  try {
    await app.close();
  } catch (error) {
    code = 1;
    process.stderr.write(`While closing: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
  await database.stop();
  process.exit(code);
}
