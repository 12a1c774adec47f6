import { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import {
  type ByteRange,
  type ObjectContent,
  ObjectMissingError,
  RangeNotSatisfiableError,
  StoreUnavailableError,
} from '../object-storage/index.js';
import { toObjectInfo, type S3Bucket } from './s3-bucket.js';
import { translateS3Error } from './s3-errors.js';
import { askForChecksums, HEADERS_OF_OURS } from './s3-headers.js';

/** Opens an object, or a range of it, at the pace of whoever reads it. */
export async function findObject(
  bucket: S3Bucket,
  { key, range, idleMs }: { readonly key: string; readonly range: ByteRange | undefined; readonly idleMs: number },
): Promise<ObjectContent | undefined> {
  const command = new GetObjectCommand({
    Bucket: bucket.name,
    Key: key,
    ...(range !== undefined && { Range: toHeader(range) }),
  });
  command.middlewareStack.add(askForChecksums, HEADERS_OF_OURS);
  let output: GetObjectCommandOutput;
  try {
    output = await bucket.ask('GetObject', { key }, bucket.client.send(command));
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
  // In Node.js the SDK hands the answer on as it comes from the socket.
  if (!(output.Body instanceof Readable)) throw new StoreUnavailableError('GetObject');
  const lengthBytes = output.ContentLength ?? 0;
  const { start, sizeBytes } = readContentRange(output.ContentRange) ?? { start: 0, sizeBytes: lengthBytes };
  const body = new ObjectBody(output.Body, {
    idleMs,
    translate: (error) => translateS3Error(error, { operation: 'GetObject', bucket: bucket.name, key }),
  });
  const info = toObjectInfo(key, { ...output, ContentLength: sizeBytes });
  return { info, start, end: start + lengthBytes - 1, body };
}

function toHeader({ start, end }: ByteRange): string {
  // A range that S3 cannot read it ignores, and sends the whole object.
  const isRange = Number.isSafeInteger(start) && start >= 0 && (end === undefined || end >= start);
  if (!isRange) throw new RangeNotSatisfiableError(undefined);
  return `bytes=${start}-${end ?? ''}`;
}

function readContentRange(header: string | undefined): { start: number; sizeBytes: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(header ?? '');
  return match === null ? undefined : { start: Number(match[1]), sizeBytes: Number(match[2]) };
}

/**
 * The bytes of an answer, their failure in our words. A store that is silent while the reader waits is away; a reader that
 * takes its time (a paused player) is not the store's failure, and may.
 */
class ObjectBody extends Readable {
  private watch: NodeJS.Timeout | undefined;

  constructor(
    private readonly source: Readable,
    private readonly options: { readonly idleMs: number; readonly translate: (error: unknown) => unknown },
  ) {
    super();
    source.on('data', (chunk: Buffer) => {
      this.stopWatching();
      if (this.push(chunk)) this.startWatching();
      else source.pause();
    });
    source.on('end', () => {
      this.stopWatching();
      this.push(null);
    });
    source.on('error', (error) => {
      const translated = options.translate(error);
      this.destroy(translated instanceof Error ? translated : error);
    });
    source.on('close', () => {
      if (!source.readableEnded) this.destroy(new StoreUnavailableError('GetObject'));
    });
    source.pause();
  }

  override _read(): void {
    this.startWatching();
    this.source.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.stopWatching();
    this.source.destroy();
    done(error);
  }

  private startWatching(): void {
    this.watch ??= setTimeout(() => {
      this.destroy(new StoreUnavailableError('GetObject'));
    }, this.options.idleMs);
  }

  private stopWatching(): void {
    clearTimeout(this.watch);
    this.watch = undefined;
  }
}
