// Starts media work on an input and says the child's process id; the test kills this process with SIGKILL.
// Arguments: `waiting` for an input that never answers, `working` for one that never ends.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { MediaProcess } from '../../dist/recordings/media-process.js';

const header = Buffer.from(
  'RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x02\0\x80\xbb\0\0\0\xee\x02\0\x04\0\x10\0data\xff\xff\xff\x7f',
  'latin1',
);
const block = Buffer.alloc(64 * 1024, 'noise');

async function* endless() {
  yield header;
  for (;;) yield block;
}

const input = {
  sizeBytes: 2 ** 31,
  open: () =>
    process.argv[2] === 'waiting' ? new Promise(() => undefined) : Promise.resolve(Readable.from(endless())),
};

void new MediaProcess().probe(input).catch((error) => console.error(error));
const children = `/proc/self/task/${process.pid}/children`;
while (readFileSync(children, 'utf8').trim() === '') await sleep(20);
// Long enough for the child to have begun.
await sleep(1000);
console.log(readFileSync(children, 'utf8').trim());
