import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Service } from '../support/service.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/audio', import.meta.url));

/** What a file is to the processing: carried out, refused as no recording at all, or none of its business. */
export type Content = 'recording' | 'broken-recording' | 'text';

export interface Sample {
  readonly name: string;
  readonly bytes: Buffer;
  readonly content: Content;
}

/** One upload as its sender knows it. */
export interface Upload {
  readonly sessionId: string;
  /** SHA-256 in base64, as the record has it. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly content: Content;
  /** Known once the service has said 201: from then on the file may not be lost. */
  id?: string;
  /** `deleting`: asked for, and no answer. */
  fate: 'kept' | 'deleting' | 'deleted';
}

/** Small recordings of every container that is taken. */
export function fixtures(): readonly Sample[] {
  return readdirSync(FIXTURES)
    .filter((name) => /\.(?:wav|mp3|m4a|flac|ogg|webm)$/.test(name))
    .map((name) => ({ name, bytes: readFileSync(`${FIXTURES}/${name}`), content: 'recording' }));
}

/** A WAV of mono 16 kHz noise; 32,000 bytes a second. */
export function wav(seconds: number): Sample {
  const block = randomBytes(32_000).map((byte, index) => (index % 2 === 1 ? byte >> 5 : byte));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + seconds * block.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(seconds * block.length, 40);
  const bytes = Buffer.concat([header, ...Array.from({ length: seconds }, () => block)]);
  return { name: 'noise.wav', bytes, content: 'recording' };
}

/** Begins as a WAV does, and goes on as none. */
export function brokenWav(): Sample {
  const bytes = Buffer.concat([Buffer.from('RIFF\x24\x10\0\0WAVE'), randomBytes(4096)]);
  return { name: 'broken.wav', bytes, content: 'broken-recording' };
}

export function text(): Sample {
  return { name: 'notes.txt', bytes: Buffer.from(`Notes ${randomUUID()}\n`.repeat(20)), content: 'text' };
}

/** Every upload that was tried. */
export class Ledger {
  private readonly tried: Upload[] = [];

  get uploads(): readonly Upload[] {
    return this.tried;
  }

  get acknowledged(): readonly Upload[] {
    return this.tried.filter((upload) => upload.id !== undefined);
  }

  /** Enters an upload before its first byte is sent. */
  enter(sessionId: string, { bytes, content }: Sample): Upload {
    const sha256 = createHash('sha256').update(bytes).digest('base64');
    const upload: Upload = { sessionId, sha256, sizeBytes: bytes.length, content, fate: 'kept' };
    this.tried.push(upload);
    return upload;
  }

  /** Uploads once; rejects when the connection breaks. What was acknowledged is in the ledger, whatever comes then. */
  async upload(service: Service, sessionId: string, sample: Sample): Promise<Upload> {
    const upload = this.enter(sessionId, sample);
    const response = await service.upload(uploadPath(sessionId, sample), sample);
    if (response.status !== 201) throw new Error(`An upload was answered ${response.status}: ${await response.text()}`);
    const { id } = (await response.json()) as { id: string };
    upload.id = id;
    return upload;
  }
}

export function uploadPath(sessionId: string, { content }: Sample): string {
  return `/v1/sessions/${sessionId}/files?type=${content === 'text' ? 'document' : 'audio'}`;
}
