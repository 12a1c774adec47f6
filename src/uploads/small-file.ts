import type { Readable } from 'node:stream';
import { FileTooLargeError, UploadInterruptedError } from '../intake/index.js';

/** Reads a file that is checked as a whole before it is kept. Holds `maxSizeBytes` and a chunk at the most. */
export async function readSmallFile(body: Readable, maxSizeBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxSizeBytes) throw new FileTooLargeError(maxSizeBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof FileTooLargeError ? error : new UploadInterruptedError({ cause: error });
  }
  return Buffer.concat(chunks);
}
