/**
 * How much memory a large upload adds to the process that takes it: 2 GB (PROOF_MB to change it) as a form, with and
 * without Content-Length, to an S3 that takes 200 ms a part. VmHWM is the kernel's own peak of the resident set.
 */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startFaultProxy } from '../support/fault-proxy.js';
import { Service } from '../support/service.js';
import { openTarget } from '../support/target.js';
import { TEST_S3_ENDPOINT } from '../support/test-bucket.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_MB = Number(process.env['PROOF_MB'] ?? 2048);
const LIMIT_MB = 150;
const BOUNDARY = 'catalyst-proof-boundary';

function peakMb(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** A PCM WAV of `SIZE_MB`, as the only file of a form. */
function* form(): Generator<Buffer> {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(SIZE_MB * MEBIBYTE - 8, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(192_000, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(SIZE_MB * MEBIBYTE - 44, 40);
  yield Buffer.from(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="long.wav"\r\nContent-Type: audio/wav\r\n\r\n`,
  );
  yield header;
  yield Buffer.alloc(MEBIBYTE - 44);
  for (let sent = 1; sent < SIZE_MB; sent += 1) yield Buffer.alloc(MEBIBYTE, sent & 255);
  yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
}

async function upload(service: Service, chunked: boolean): Promise<number> {
  const length = [...form()].reduce((sum, chunk) => sum + chunk.length, 0);
  const call = request(new URL('/v1/sessions/proof/files', service.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${service.key}`,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': length }),
    },
  });
  const answered = new Promise<number>((resolve, reject) => {
    call.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on('error', reject);
  });
  await pipeline(Readable.from(form(), { objectMode: false }), call);
  return answered;
}

async function measure(chunked: boolean): Promise<boolean> {
  const proxy = await startFaultProxy({ target: TEST_S3_ENDPOINT ?? '' });
  proxy.faults.add({ when: { operation: 'UploadPart' }, effect: { kind: 'delay', ms: 200 } });
  const target = await openTarget();
  // No worker: the process that listens is the one that is measured.
  const service = await Service.start(target, {
    env: { S3_ENDPOINT: proxy.url, MAX_FILE_SIZE_MB: String(SIZE_MB + 1), ROLE: 'api', LOG_LEVEL: 'warn' },
  });
  try {
    await service.fetch('/v1/files');
    const before = peakMb(service.pid);
    const startedAt = performance.now();
    const status = await upload(service, chunked);
    const seconds = (performance.now() - startedAt) / 1000;
    const added = peakMb(service.pid) - before;
    const how = chunked ? 'chunked' : 'with Content-Length';
    console.log(
      `${SIZE_MB} MB ${how}: status ${status}, ${seconds.toFixed(0)} s, VmHWM ${before.toFixed(0)} MB before, +${added.toFixed(0)} MB (limit ${LIMIT_MB})`,
    );
    return status === 201 && added <= LIMIT_MB;
  } finally {
    await service.stop();
    await proxy.close();
    await target.close();
  }
}

const results = [await measure(false), await measure(true)];
if (!results.every(Boolean)) process.exitCode = 1;
