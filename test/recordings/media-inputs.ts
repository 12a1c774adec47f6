import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { MediaInput } from '../../src/recordings/media-input.js';

const BLOCK_BYTES = 64 * 1024;

export function fileInput(file: string | URL): MediaInput {
  return {
    sizeBytes: statSync(file).size,
    open: ({ start, end }) => Promise.resolve(createReadStream(file, { start, end })),
  };
}

export function bytesInput(bytes: Buffer): MediaInput {
  return {
    sizeBytes: bytes.length,
    open: ({ start, end }) => Promise.resolve(Readable.from([bytes.subarray(start, end + 1)])),
  };
}

/** A store that takes the request and never answers. */
export function silentInput(): MediaInput {
  return { sizeBytes: 1_000_000, open: () => new Promise<Readable>(() => undefined) };
}

export interface WavHeader {
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly dataBytes: number;
}

/** The 44 bytes before the samples of a 16-bit WAV; fields are written as given, possible or not. */
export function wavHeader({ channels, sampleRateHz, dataBytes }: WavHeader): Buffer {
  const header = Buffer.alloc(44);
  const blockBytes = channels * 2;
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE((sampleRateHz * blockBytes) % 2 ** 32, 28);
  header.writeUInt16LE(blockBytes % 2 ** 16, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

/** Noise of any length that is nowhere in memory: a WAV of 48 kHz stereo. */
export function longInput(seconds: number): MediaInput {
  const header = wavHeader({ channels: 2, sampleRateHz: 48_000, dataBytes: seconds * 192_000 });
  const noise = pseudoRandomBytes(BLOCK_BYTES, 1);
  return {
    sizeBytes: header.length + seconds * 192_000,
    open: ({ start, end }) => Promise.resolve(Readable.from(pieces(start, end + 1))),
  };

  function* pieces(from: number, to: number) {
    for (let at = from; at < to;) {
      const source = at < header.length ? header : noise;
      const offset = at < header.length ? at : (at - header.length) % noise.length;
      const piece = source.subarray(offset, Math.min(source.length, offset + to - at));
      yield piece;
      at += piece.length;
    }
  }
}

/** The same bytes for the same seed. */
export function pseudoRandomBytes(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
