import { once } from 'node:events';
import { setPriority } from 'node:os';
import { PictureFaultCode, type PictureJob, type PictureReport, type RenderedPictures } from './picture-job.js';
import { confineSharp, renderPictures, TooManyPixels } from './picture-rendering.js';

const LOW_PRIORITY = 10;

// The child process of `PictureProcess`: one picture, one answer. It has no secrets and nowhere to go.
setPriority(LOW_PRIORITY);
confineSharp();
const [, , argument = ''] = process.argv;
// The parent wrote the argument; nothing of the picture's is in it.
const job = JSON.parse(argument) as PictureJob;
const chunks: Buffer[] = [];
process.stdin.on('data', (chunk: Buffer) => chunks.push(chunk));
await once(process.stdin, 'end');
try {
  answer(await renderPictures(Buffer.concat(chunks), job));
} catch (error) {
  report(faultOf(error));
}

function answer({ main, thumbnail }: RenderedPictures): void {
  report({
    type: 'pictures',
    main: { width: main.width, height: main.height, sizeBytes: main.bytes.length },
    thumbnail: { width: thumbnail.width, height: thumbnail.height, sizeBytes: thumbnail.bytes.length },
  });
  process.stdout.write(main.bytes);
  process.stdout.write(thumbnail.bytes);
}

function faultOf(error: unknown): PictureReport {
  if (error instanceof TooManyPixels) return { type: 'fault', code: PictureFaultCode.TooLarge, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'fault', code: PictureFaultCode.Unreadable, message };
}

function report(value: PictureReport): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
