import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot, tail } from './debian.mjs';
import { listens } from './postgres.mjs';
import { PlainError, ROOT } from './project.mjs';
import { run } from './run.mjs';

const CEPH = join(ROOT, 'test', 'tools', 'ceph-s3');
const CEPH_PORT = 4710;
const ANSWER_MS = 10_000;

/**
 * The S3 server for the tests: the one that TEST_S3_ENDPOINT names, or Ceph on this machine, which is brought up when it
 * does not run, and then stopped again.
 * @param {string | undefined} endpoint
 * @returns {Promise<{ endpoint: string, description: string, stop(): Promise<void> }>}
 */
export async function s3Server(endpoint) {
  if (endpoint !== undefined && endpoint !== '') {
    return { endpoint, description: `${await nameOf(endpoint)} (TEST_S3_ENDPOINT)`, stop: async () => undefined };
  }
  if (!isRoot() || !existsSync('/etc/debian_version')) {
    throw new PlainError(
      'There is no S3 server: TEST_S3_ENDPOINT is not set, and bringing up Ceph needs root on Debian or its kin.',
    );
  }
  const ran = await listens(CEPH_PORT);
  if (!ran) process.stderr.write('Bringing up Ceph (its first start on a machine installs it) ...\n');
  const { code, output } = await run(CEPH, ['up', String(CEPH_PORT)], { capture: true });
  const stop = async () => {
    if (!ran) await run(CEPH, ['down', String(CEPH_PORT)], { capture: true });
  };
  try {
    if (code !== 0) throw new PlainError(`Ceph did not come up (${CEPH}):\n${tail(output)}`);
    const url = `http://127.0.0.1:${CEPH_PORT}`;
    return { endpoint: url, description: `${await nameOf(url)}${ran ? ', which ran already' : ''}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * What answers there, in its own words.
 * @param {string} endpoint
 */
async function nameOf(endpoint) {
  try {
    const answer = await fetch(endpoint, { signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.body?.cancel();
    return `${answer.headers.get('server') ?? 'an S3 server without a name'} at ${endpoint}`;
  } catch (error) {
    throw new PlainError(`No S3 server answers at ${endpoint}: ${reasonOf(error)}`);
  }
}

/** @param {unknown} error */
function reasonOf(error) {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
