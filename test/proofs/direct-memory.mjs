/**
 * How much memory 8 clients that send 1 GB each (PROOF_MB changes it) straight to the store add to the service that signs for
 * them, when it has served such a round before: twice 8 GB go to the store. TEST_S3_ENDPOINT names the S3; else Ceph is brought up.
 */
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';
import { s3Server } from '../../scripts/support/s3-server.mjs';

const CLIENTS = 8;
const SIZE_MB = Number(process.env.PROOF_MB ?? 1024);

const store = await s3Server(process.env.TEST_S3_ENDPOINT);
process.env.TEST_TARGET = 's3';
process.env.TEST_S3_ENDPOINT = store.endpoint;
const { default: setUp } = await import('../support/global-setup.mjs');
const { default: tearDown } = await import('../support/global-teardown.mjs');
await setUp();
try {
  const tsconfig = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
  const { measureDirectUploads, DIRECT_MEMORY_LIMIT_MB } = await tsImport('../support/measure-direct-memory.ts', {
    parentURL: import.meta.url,
    tsconfig,
  });
  const { seconds, idleMb, beforeMb, addedMb, storedMb } = await measureDirectUploads(CLIENTS, SIZE_MB);
  process.stdout.write(
    `${CLIENTS} clients, ${SIZE_MB} MB each: ${storedMb} MB stored in ${seconds.toFixed(0)} s, ` +
      `VmHWM ${idleMb.toFixed(0)} MB idle, ${beforeMb.toFixed(0)} MB behind a first such round, ` +
      `+${addedMb.toFixed(0)} MB (limit ${DIRECT_MEMORY_LIMIT_MB} MB)\n`,
  );
  if (storedMb !== CLIENTS * SIZE_MB || addedMb > DIRECT_MEMORY_LIMIT_MB) process.exitCode = 1;
} finally {
  await tearDown();
  await store.stop();
}
