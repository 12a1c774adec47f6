/**
 * Bundles the page and serves it on a port of its own, so that for the browser the service is another origin:
 * `node examples/browser/serve.mjs [--api http://127.0.0.1:3000] [--port 8080]`.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const TYPES = { html: 'text/html', js: 'text/javascript', css: 'text/css', json: 'application/json' };

const { values } = parseArgs({
  options: {
    api: { type: 'string', default: 'http://127.0.0.1:3000' },
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
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** @type {Map<string, Uint8Array>} by name */
const files = new Map([
  ['index.html', await readFile(join(FOLDER, 'index.html'))],
  ['settings.json', Buffer.from(JSON.stringify({ api }))],
]);
for (const { path, contents } of await bundle()) files.set(basename(path), contents);

createServer((request, response) => {
  const name = new URL(request.url ?? '/', origin).pathname.slice(1) || 'index.html';
  const content = files.get(name);
  if (content === undefined) {
    response.writeHead(404).end();
    return;
  }
  const type = TYPES[/** @type {keyof typeof TYPES} */ (name.split('.').at(-1))];
  response.writeHead(200, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.end(content);
}).listen(Number(values.port), '127.0.0.1', () => {
  process.stdout.write(
    `Page      ${origin}\nService   ${api}, which must have been started with CORS_ORIGINS=${origin}\n`,
  );
});

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
