import { sendInParts } from './direct-sender.js';
import { peakMb } from './measure-memory.js';
import { Service } from './service.js';
import { openTarget } from './target.js';
import { wavHeader } from './wav.js';

const MEBIBYTE = 1024 * 1024;
/** What a round of uploads that do not pass through the service may add to the peak of one that has seen such a round. */
export const DIRECT_MEMORY_LIMIT_MB = 25;

export interface DirectMemoryMeasurement {
  readonly seconds: number;
  /** Before any upload, and behind a first round of the same uploads. */
  readonly idleMb: number;
  readonly beforeMb: number;
  readonly addedMb: number;
  /** Bytes of all files, as their records have them. */
  readonly storedMb: number;
}

function* wav(totalBytes: number, start: number, length: number): Generator<Buffer> {
  const chunk = Buffer.alloc(MEBIBYTE, start & 255);
  if (start === 0) yield wavHeader(totalBytes);
  for (let left = length - (start === 0 ? 44 : 0); left > 0; left -= MEBIBYTE)
    yield chunk.subarray(0, Math.min(left, MEBIBYTE));
}

/** Lets so many clients send so much each straight to the store at once, and reads the peak of the service's memory. */
export async function measureDirectUploads(clients: number, sizeMb: number): Promise<DirectMemoryMeasurement> {
  const target = await openTarget();
  const env = {
    MAX_FILE_SIZE_MB: String(sizeMb + 1),
    MULTIPART_THRESHOLD_MB: '5',
    ROLE: 'api',
    LOG_LEVEL: 'warn',
    // Garbage is collected before the heap grows: what is measured is what is held.
    NODE_OPTIONS: '--max-semi-space-size=8 --max-old-space-size=128',
  };
  const service = await Service.start(target, { env });
  const sizeBytes = sizeMb * MEBIBYTE;
  const send = (sessionId: string): Promise<{ readonly sizeBytes: number }> =>
    sendInParts(service, {
      body: { kind: 'session-original', sessionId, filename: 'long.wav' },
      sizeBytes,
      bytes: (start, length) => wav(sizeBytes, start, length),
    });
  try {
    const round = (name: string): Promise<readonly { readonly sizeBytes: number }[]> =>
      Promise.all(Array.from({ length: clients }, (_, index) => send(`${name}-${index}`)));
    const idleMb = peakMb(service.pid);
    // Code, connections and the garbage of so many requests: what a service that is at work has. What bytes would add comes again.
    await round('first');
    const beforeMb = peakMb(service.pid);
    const startedAt = performance.now();
    const files = await round('second');
    const seconds = (performance.now() - startedAt) / 1000;
    const storedMb = files.reduce((sum, file) => sum + file.sizeBytes, 0) / MEBIBYTE;
    return { seconds, idleMb, beforeMb, addedMb: peakMb(service.pid) - beforeMb, storedMb };
  } finally {
    await service.stop();
    await target.close();
  }
}
