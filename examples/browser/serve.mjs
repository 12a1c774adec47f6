/**
 * Bundles the page and serves it on a port of its own, so that for the browser the service is another origin. It is the page's
 * backend, too, and gives out upload tokens:
 * `node examples/browser/serve.mjs [--api http://127.0.0.1:3000] [--key-file .data/api-key] [--port 8080]`.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const TYPES = { html: 'text/html', js: 'text/javascript', css: 'text/css', json: 'application/json' };

/** A new token goes on with what was begun with an earlier one when it is for the same holder. */
const USER = 'somebody';
const TOKEN_SECONDS = 900;

const { values } = parseArgs({
  options: {
    api: { type: 'string', default: 'http://127.0.0.1:3000' },
    'key-file': { type: 'string', default: '.data/api-key' },
    port: { type: 'string', default: '8080' },
  },
});
const api = values.api.replace(/\/+$/, '');
const origin = `http://127.0.0.1:${values.port}`;

/** Nothing inline, nothing of others, and no conversation but with the service. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  `connect-src 'self' ${new URL(api).origin}`,
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** @type {Map<string, Uint8Array>} by name */
const files = new Map([
  ['index.html', await readFile(join(FOLDER, 'index.html'))],
  ['settings.json', Buffer.from(JSON.stringify({ api }))],
]);
for (const { path, contents } of await bundle()) files.set(basename(path), contents);

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', origin);
  const answered =
    request.method === 'POST' && pathname === '/upload-tokens'
      ? giveToken(searchParams.get('session') ?? '')
      : giveFile(pathname.slice(1) || 'index.html');
  answered.then(
    ({ status, headers, body }) => response.writeHead(status, headers).end(body),
    (error) => response.writeHead(502, { 'Content-Type': 'text/plain' }).end(String(error)),
  );
}).listen(Number(values.port), '127.0.0.1', () => {
  process.stdout.write(`Page      ${origin}\nService   ${api}, which has to know it: CORS_ORIGINS=${origin}\n`);
});

/**
 * An application would ask here who its user is, and whether he may add to the session.
 * @param {string} session
 */
async function giveToken(session) {
  const key = await readFile(values['key-file'], 'utf8');
  const answer = await fetch(`${api}/v1/upload-tokens`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key.trim()}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      kind: 'session-original',
      parameters: { sessionId: session },
      holder: USER,
      expiresInSeconds: TOKEN_SECONDS,
    }),
  });
  return {
    status: answer.status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    body: await answer.text(),
  };
}

/** @param {string} name */
async function giveFile(name) {
  const body = files.get(name);
  if (body === undefined) return { status: 404, headers: {}, body: 'There is no such page.' };
  const type = TYPES[/** @type {keyof typeof TYPES} */ (name.split('.').at(-1))];
  return {
    status: 200,
    headers: {
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    },
    body,
  };
}

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, 'main.js')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    outdir: FOLDER,
    write: false,
    logLevel: 'warning',
  });
  return outputFiles;
}
