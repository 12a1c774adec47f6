/**
 * `npm run demo`: what the service does, step by step, on a service of its own that is gone afterwards. With `--keep` it
 * stays until Ctrl-C. Each step shows the curl command that does the same.
 */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureBuilt } from './support/build.mjs';
import { bold, dim, green, progressBar, say } from './support/console.mjs';
import { OwnService } from './support/own-service.mjs';
import { main, PlainError, ROOT } from './support/project.mjs';

const SAMPLE = join(ROOT, 'samples', 'welcome.wav');
const SESSION = '42';
const PIECE_BYTES = 16 * 1024;
const PROCESSING_MS = 120_000;
const RANGE = { first: 1000, last: 1999 };
const FINAL = new Set(['done', 'failed', 'cancelled']);

/** @typedef {{ id: string, key: string, originalFilename: string, contentType: string, sizeBytes: number, status: string, processingStatus: string | null }} File */

const keep = process.argv.includes('--keep');
const stopped = new AbortController();
let steps = 0;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => stopped.abort());

await main(async () => {
  await ensureBuilt();
  say(bold('Starting a service of its own: embedded PostgreSQL, local object store'));
  const service = await OwnService.start();
  try {
    await Promise.race([show(service), interruption()]);
    if (keep) await stay(service);
    else say('\nThe service stops now, and its links with it. With `npm run demo -- --keep` it stays.');
  } finally {
    await service.stop();
  }
});

/** @param {OwnService} service */
async function show(service) {
  say(`  ${service.url}   Swagger at ${service.url}/docs`);
  say(dim(`  KEY=$(cat ${service.keyFile})`));
  const file = await upload(service);
  await followProcessing(service, file);
  const results = await listFiles(service);
  const [link] = await makeLinks(service, [file, ...results]);
  await readRange(link);
  await askStore(service, file);
  await trashAndRestore(service, file);
  say(`\n${green('Everything worked.')}`);
}

/**
 * @param {OwnService} service
 * @returns {Promise<File>}
 */
async function upload(service) {
  const path = `/v1/sessions/${SESSION}/files`;
  step('Upload a recording', `curl -F file=@samples/welcome.wav -H "Authorization: Bearer $KEY" ${service.url}${path}`);
  const bytes = readFileSync(SAMPLE);
  const bar = progressBar('uploading');
  const file = await sendForm(service, path, bytes, (share) => bar.update(share));
  bar.end(`${bytes.length} bytes`);
  check(file.sizeBytes === bytes.length, 'all bytes arrived');
  say(`  id         ${file.id}`);
  say(`  key        ${file.key}`);
  say(`  type       ${file.contentType}`);
  return file;
}

/**
 * A form by hand, in pieces: fetch does not tell how far it is.
 * @param {OwnService} service
 * @param {string} path
 * @param {Buffer} bytes
 * @param {(share: number) => void} onProgress
 * @returns {Promise<File>}
 */
async function sendForm(service, path, bytes, onProgress) {
  const boundary = 'catalyst-demo-boundary';
  const name = basename(SAMPLE);
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
  const tail = `\r\n--${boundary}--\r\n`;
  const sending = request(`${service.url}${path}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${service.key}`,
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      'Content-Length': head.length + bytes.length + tail.length,
    },
  });
  const answer = new Promise((resolve, reject) => sending.once('response', resolve).once('error', reject));
  sending.write(head);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    await new Promise((resolve) => sending.write(piece, resolve));
    onProgress((at + piece.length) / bytes.length);
  }
  sending.end(tail);
  const response = await answer;
  let text = '';
  for await (const chunk of response) text += chunk;
  if (response.statusCode !== 201) throw new PlainError(`POST ${path} answered ${response.statusCode}: ${text}`);
  return JSON.parse(text);
}

/**
 * @param {OwnService} service
 * @param {File} file
 */
async function followProcessing(service, file) {
  const path = `/v1/processing/${file.id}`;
  step('Follow its processing', curl(service, path));
  const bar = progressBar('processing');
  const deadline = Date.now() + PROCESSING_MS;
  for (;;) {
    const { status, step: at, progress, error } = await call(service, 'GET', path);
    bar.update(progress, at ?? status);
    if (FINAL.has(status)) {
      bar.end(status);
      if (status !== 'done') throw new PlainError(`Processing ended as ${status}: ${JSON.stringify(error)}`);
      return;
    }
    if (Date.now() > deadline) throw new PlainError(`Processing is still ${status} after ${PROCESSING_MS / 1000} s.`);
    await sleep(100);
  }
}

/**
 * @param {OwnService} service
 * @returns {Promise<File[]>} the results
 */
async function listFiles(service) {
  const files = `/v1/sessions/${SESSION}/files`;
  const results = `/v1/sessions/${SESSION}/results`;
  step("List the session's files and results", curl(service, files), curl(service, results));
  const originals = await call(service, 'GET', files);
  const made = await call(service, 'GET', results);
  for (const { key, sizeBytes } of [...originals.items, ...made.items]) {
    say(`  ${String(sizeBytes).padStart(9)}  ${key}`);
  }
  check(originals.items.length === 1 && made.items.length > 0, `${made.items.length} results were made`);
  return made.items;
}

/**
 * @param {OwnService} service
 * @param {readonly File[]} files
 * @returns {Promise<string[]>} URLs, in the order of the files
 */
async function makeLinks(service, files) {
  const first = `/v1/files/${files[0]?.id}/links`;
  const body = { expiresInSeconds: 3600 };
  step(
    'Make links that expire in an hour',
    `curl -X POST -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '${JSON.stringify(body)}' ${service.url}${first}`,
  );
  const urls = [];
  for (const { id, originalFilename } of files) {
    const { url } = await call(service, 'POST', `/v1/files/${id}/links`, body);
    say(`  ${originalFilename}\n    ${url}`);
    urls.push(url);
  }
  return urls;
}

/** @param {string | undefined} link */
async function readRange(link = '') {
  const { first, last } = RANGE;
  step('Read a byte range by link, without a key', `curl -r ${first}-${last} '${link}'`);
  const answer = await fetch(link, { headers: { Range: `bytes=${first}-${last}` } });
  const received = Buffer.from(await answer.arrayBuffer());
  say(`  ${answer.status}  ${answer.headers.get('content-range')}`);
  const sent = readFileSync(SAMPLE);
  check(answer.status === 206 && received.equals(sent.subarray(first, last + 1)), 'the bytes are those that were sent');
  const whole = Buffer.from(await (await fetch(link)).arrayBuffer());
  check(whole.equals(sent), `the whole file too: ${whole.length} bytes`);
}

/**
 * @param {OwnService} service
 * @param {File} file
 */
async function askStore(service, file) {
  const path = `/v1/files/${file.id}/object`;
  step('Ask the store itself for the object', curl(service, path));
  const object = await call(service, 'GET', path);
  say(`  ${object.sizeBytes} bytes, etag ${object.etag}, ${JSON.stringify(object.checksums)}`);
  check(object.key === file.key && object.sizeBytes === file.sizeBytes, 'the store has what the record says');
}

/**
 * @param {OwnService} service
 * @param {File} file
 */
async function trashAndRestore(service, file) {
  const path = `/v1/files/${file.id}`;
  step('Delete it, and bring it back', curl(service, path, 'DELETE'), curl(service, `${path}/restore`, 'POST'));
  await call(service, 'DELETE', path);
  const trashed = await call(service, 'GET', path);
  check(trashed.status === 'trashed', 'it is in the trash, with its results');
  const restored = await call(service, 'POST', `${path}/restore`);
  check(restored.status === 'stored', 'it is back');
}

/** @param {OwnService} service */
async function stay(service) {
  say(`\nThe service stays at ${service.url} until Ctrl-C; then it and its files are removed.`);
  await Promise.race([interruption().catch(() => undefined), service.ended]);
}

/** @returns {Promise<never>} */
function interruption() {
  return new Promise((_, reject) => {
    const stop = () => reject(new PlainError('Interrupted.'));
    if (stopped.signal.aborted) stop();
    else stopped.signal.addEventListener('abort', stop, { once: true });
  });
}

/**
 * @param {OwnService} service
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
async function call(service, method, path, body) {
  const answer = await fetch(`${service.url}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${service.key}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new PlainError(`${method} ${path} answered ${answer.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/**
 * @param {string} title
 * @param {readonly string[]} commands
 */
function step(title, ...commands) {
  steps += 1;
  say(`\n${bold(`${steps}. ${title}`)}`);
  for (const command of commands) say(dim(`  $ ${command}`));
}

/**
 * @param {OwnService} service
 * @param {string} path
 * @param {string} [method]
 */
function curl(service, path, method) {
  return `curl ${method === undefined ? '' : `-X ${method} `}-H "Authorization: Bearer $KEY" ${service.url}${path}`;
}

/**
 * @param {boolean} holds
 * @param {string} what
 */
function check(holds, what) {
  if (!holds) throw new PlainError(`It is not so that ${what}.`);
  say(`  ${green('ok')} ${what}`);
}
