import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startFaultProxy } from './fault-proxy.js';
import { Service } from './service.js';
import { openTarget } from './target.js';
import { TEST_S3_ENDPOINT } from './test-bucket.js';
import { wavHeader } from './wav.js';

const MEBIBYTE = 1024 * 1024;
/** What one upload may add to the peak of the process that takes it. */
export const MEMORY_LIMIT_MB = 150;

export interface MemoryMeasurement {
  readonly status: number;
  readonly seconds: number;
  /** VmHWM, the kernel's own peak of the resident set. */
  readonly beforeMb: number;
  readonly addedMb: number;
}

const BOUNDARY = 'catalyst-proof-boundary';

/** VmHWM of a process. */
export function peakMb(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** A PCM WAV of so many MiB, as the only file of a form. */
function* form(sizeMb: number): Generator<Buffer> {
  yield Buffer.from(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="long.wav"\r\nContent-Type: audio/wav\r\n\r\n`,
  );
  yield wavHeader(sizeMb * MEBIBYTE);
  yield Buffer.alloc(MEBIBYTE - 44);
  for (let sent = 1; sent < sizeMb; sent += 1) yield Buffer.alloc(MEBIBYTE, sent & 255);
  yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
}

async function upload(service: Service, sizeMb: number, chunked: boolean): Promise<number> {
  let length = 0;
  for (const chunk of form(sizeMb)) length += chunk.length;
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
  await pipeline(Readable.from(form(sizeMb), { objectMode: false }), call);
  return answered;
}

/** Sends one upload to a fresh service whose S3 takes 200 ms a part, and reads the peak of its memory before and after. */
export async function measureUpload(sizeMb: number, { chunked }: { chunked: boolean }): Promise<MemoryMeasurement> {
  const proxy = await startFaultProxy({ target: TEST_S3_ENDPOINT ?? '' });
  proxy.faults.add({ when: { operation: 'UploadPart' }, effect: { kind: 'delay', ms: 200 } });
  const target = await openTarget();
  // No worker: the process that listens is the one that is measured.
  const service = await Service.start(target, {
    env: { S3_ENDPOINT: proxy.url, MAX_FILE_SIZE_MB: String(sizeMb + 1), ROLE: 'api', LOG_LEVEL: 'warn' },
  });
  try {
    await service.fetch('/v1/files');
    const beforeMb = peakMb(service.pid);
    const startedAt = performance.now();
    const status = await upload(service, sizeMb, chunked);
    const seconds = (performance.now() - startedAt) / 1000;
    return { status, seconds, beforeMb, addedMb: peakMb(service.pid) - beforeMb };
  } finally {
    await service.stop();
    await proxy.close();
    await target.close();
  }
}
