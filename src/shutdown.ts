import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { Lifetime } from './config/index.js';
import type { DatabaseServer } from './database/index.js';

/** After this the process ends whatever is still open: orchestrators send SIGKILL at ten seconds. */
const DEADLINE_MS = 9500;
/** Ctrl-C under npm comes twice: from the terminal, and passed on by npm. Within this time it is one signal. */
const ONE_SIGNAL_MS = 1000;
/** From orchestrators, from Ctrl-C, and from a terminal that is closed. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** What requests that run at the signal may still take. */
const DRAIN_MS = 3000;

/**
 * Ends the service when it is told to: no new requests, running ones and jobs get a moment, then the database. Exit 0, or 1
 * when something did not close; a second signal, a second later or more, ends it at once.
 */
export function stopOnSignals(app: INestApplication, database: DatabaseServer): void {
  let stoppingSince: number | undefined;
  const stop = (): void => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > ONE_SIGNAL_MS) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    setTimeout(() => process.exit(1), DEADLINE_MS).unref();
    void end(app, database);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
}

async function end(app: INestApplication, database: DatabaseServer): Promise<void> {
  let code = 0;
  try {
    // Jobs stop while requests end: together they would take too long one after the other.
    app.get(Lifetime).stop();
    await drain(app.getHttpServer() as Server);
    await app.close();
    await database.stop();
  } catch (error) {
    code = 1;
    process.stderr.write(`While closing: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
  process.exit(code);
}

/** Takes no new connections, lets running requests end, and cuts those that take longer. */
async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections();
  const cut = setTimeout(() => {
    server.closeAllConnections();
  }, DRAIN_MS);
  await closed;
  clearTimeout(cut);
}
