import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';

/** Below the ports that Linux gives to outgoing connections (32768 to 60999), any of which may be taken at a restart. */
const FIRST_PORT = 20_000;
const PORT_LIMIT = 32_768;
const TRIES = 100;

/** The preferred port if it is free on 127.0.0.1, else a random free one. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FIRST_PORT, PORT_LIMIT);
    if (await isFree(port)) return port;
  }
  throw new EmbeddedPostgresError(`No free port between ${FIRST_PORT} and ${PORT_LIMIT} for the embedded PostgreSQL.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
