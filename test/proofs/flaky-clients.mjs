/**
 * 100 uploads at once (PROOF_UPLOADS changes it) by REST, tus and PUT, over connections that are cut at random, to
 * the service and to the store; each client tries again. TEST_S3_ENDPOINT names the S3; else Ceph is brought up.
 */
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';
import { s3Server } from '../../scripts/support/s3-server.mjs';

const UPLOADS = Number(process.env.PROOF_UPLOADS ?? 100);
const SEED = Number(process.env.PROOF_SEED ?? Date.now() % 1_000_000);
const MAX_SIZE_BYTES = 12 * 1024 * 1024;

const store = await s3Server(process.env.TEST_S3_ENDPOINT);
process.env.TEST_TARGET = 's3';
process.env.TEST_S3_ENDPOINT = store.endpoint;
const { default: setUp } = await import('../support/global-setup.mjs');
const { default: tearDown } = await import('../support/global-teardown.mjs');
await setUp();
try {
  const tsconfig = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
  const { runFlakyClients } = await tsImport('../support/flaky-clients.ts', { parentURL: import.meta.url, tsconfig });
  const outcome = await runFlakyClients({ uploads: UPLOADS, share: 0.5, maxSizeBytes: MAX_SIZE_BYTES, seed: SEED });
  process.stdout.write(`seed ${SEED}: ${JSON.stringify(outcome, null, 2)}\n`);
  const { stored, different, doubled, left } = outcome;
  if (stored !== UPLOADS || different.length + doubled + left.length > 0) process.exitCode = 1;
} finally {
  await tearDown();
  await store.stop();
}
