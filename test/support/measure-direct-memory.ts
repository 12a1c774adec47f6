import { sendInParts } from './direct-sender.js';
import { peakMb } from './measure-memory.js';
import { Service } from './service.js';
import { openTarget } from './target.js';
import { wavHeader } from './wav.js';

const MEBIBYTE = 1024 * 1024;
const WARM_BYTES = 64 * MEBIBYTE;
/** What any number of uploads that do not pass through the service may add to its peak: answers, not bytes. */
export const DIRECT_MEMORY_LIMIT_MB = 40;

export interface DirectMemoryMeasurement {
  readonly seconds: number;
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
  };
  const service = await Service.start(target, { env });
  const sizeBytes = sizeMb * MEBIBYTE;
  const send = (sessionId: string, bytes: number): Promise<{ readonly sizeBytes: number }> =>
    sendInParts(service, {
      body: { kind: 'session-original', sessionId, filename: 'long.wav' },
      sizeBytes: bytes,
      bytes: (start, length) => wav(bytes, start, length),
    });
  try {
    // What any uploads of so many clients need belongs to the service; what grows with their bytes does not.
    await Promise.all(
      Array.from({ length: clients }, (_, index) => send(`warm-${index}`, Math.min(WARM_BYTES, sizeBytes))),
    );
    const beforeMb = peakMb(service.pid);
    const startedAt = performance.now();
    const files = await Promise.all(Array.from({ length: clients }, (_, index) => send(`direct-${index}`, sizeBytes)));
    const seconds = (performance.now() - startedAt) / 1000;
    const storedMb = files.reduce((sum, file) => sum + file.sizeBytes, 0) / MEBIBYTE;
    return { seconds, beforeMb, addedMb: peakMb(service.pid) - beforeMb, storedMb };
  } finally {
    await service.stop();
    await target.close();
  }
}
