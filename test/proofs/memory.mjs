/**
 * How much memory an upload of 2 GB (PROOF_MB changes it) adds to the process that takes it, as a form with and without
 * Content-Length, to an S3 that takes 200 ms a part. TEST_S3_ENDPOINT names the S3; else Ceph is brought up.
 */
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';
import { s3Server } from '../../scripts/support/s3-server.mjs';

const SIZE_MB = Number(process.env.PROOF_MB ?? 2048);

const store = await s3Server(process.env.TEST_S3_ENDPOINT);
process.env.TEST_TARGET = 's3';
process.env.TEST_S3_ENDPOINT = store.endpoint;
const { default: setUp } = await import('../support/global-setup.mjs');
const { default: tearDown } = await import('../support/global-teardown.mjs');
await setUp();
try {
  const tsconfig = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
  const { measureUpload, MEMORY_LIMIT_MB } = await tsImport('../support/measure-memory.ts', {
    parentURL: import.meta.url,
    tsconfig,
  });
  for (const chunked of [false, true]) {
    const { status, seconds, beforeMb, addedMb } = await measureUpload(SIZE_MB, { chunked });
    process.stdout.write(
      `${SIZE_MB} MB ${chunked ? 'chunked' : 'with Content-Length'}: status ${status}, ${seconds.toFixed(0)} s, ` +
        `VmHWM ${beforeMb.toFixed(0)} MB before, +${addedMb.toFixed(0)} MB (limit ${MEMORY_LIMIT_MB} MB)\n`,
    );
    if (status !== 201 || addedMb > MEMORY_LIMIT_MB) process.exitCode = 1;
  }
} finally {
  await tearDown();
  await store.stop();
}
