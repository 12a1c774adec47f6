/** Sends one stream with one of the senders, and tells its parent what that took. */
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { Upload } from '@aws-sdk/lib-storage';
import { S3Clients } from '../dist/s3/index.js';
import { S3ObjectStorage } from '../dist/s3-store/index.js';

const MEBIBYTE = 1024 * 1024;
const PART_BYTES = 10 * MEBIBYTE;
const [sender, port, megabytes] = process.argv.slice(2);

function* chunks() {
  const chunk = Buffer.alloc(64 * 1024, 7);
  for (let sent = 0; sent < Number(megabytes) * 16; sent += 1) yield chunk;
}

const clients = new S3Clients({
  region: 'us-east-1',
  endpoint: `http://127.0.0.1:${port}`,
  forcePathStyle: true,
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  credentialsRequired: true,
});
const body = Readable.from(chunks(), { objectMode: false });
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
if (sender === 'ours') {
  const storage = new S3ObjectStorage(clients, {
    bucket: 'bench',
    multipartThresholdBytes: PART_BYTES,
    multipartPartSizeBytes: PART_BYTES,
  });
  await storage.put('key', body, { contentType: 'audio/wav' });
} else {
  const params = { Bucket: 'bench', Key: 'key', Body: body, ContentType: 'audio/wav', ChecksumAlgorithm: 'CRC32' };
  await new Upload({ client: clients.main, partSize: PART_BYTES, queueSize: 3, params }).done();
}
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const peakKb = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
process.send({ seconds, cpuSeconds: (user + system) / 1e6, peakMb: Number(peakKb) / 1024 }, () => process.exit(0));
