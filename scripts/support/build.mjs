import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageFile, PlainError, projectNode, ROOT } from './project.mjs';
import { run } from './run.mjs';

const DIST = join(ROOT, 'dist');
/** Written last into a build: a build without it was interrupted, or made by other means. */
const STAMP = '.build.json';
const CACHE = join(ROOT, 'node_modules', '.cache');
const LOCK = join(CACHE, 'build.lock');
/** No build takes this long: the process with the holder's number is another one. */
const LOCK_LASTS_MS = 300_000;

/** Builds when there is no build of the sources as they are. */
export async function ensureBuilt() {
  if (!isFresh()) await build();
}

/**
 * Builds beside dist/ and puts the result in its place when it is complete, so that dist/ is never half a build. Whoever
 * comes while another builds waits for its result.
 * @param {{ always?: boolean }} [options] always: even if the build that is there is fresh
 */
export async function build({ always = false } = {}) {
  await withLock(async () => {
    if (!always && isFresh()) return;
    clearLeftovers();
    const partial = join(ROOT, `.dist-${process.pid}`);
    try {
      await compile(partial);
      replaceDist(partial);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  });
}

/** @param {string} partial */
async function compile(partial) {
  const fingerprint = sourcesFingerprint();
  const startedAt = performance.now();
  process.stderr.write('Building ... ');
  const config = join(CACHE, `tsconfig.build-${process.pid}.json`);
  writeFileSync(
    config,
    JSON.stringify({ extends: '../../tsconfig.build.json', compilerOptions: { outDir: partial, noEmitOnError: true } }),
  );
  try {
    const nest = packageFile('@nestjs/cli/bin/nest.js');
    const { code, output } = await run(projectNode(), [nest, 'build', '--path', relative(ROOT, config)], {
      capture: true,
    });
    if (code !== 0) throw new PlainError(`failed.\n${output.trim()}`);
  } finally {
    rmSync(config, { force: true });
  }
  if (!existsSync(join(partial, 'main.js'))) throw new PlainError('failed: the compiler wrote no main.js.');
  writeFileSync(join(partial, STAMP), `${JSON.stringify({ fingerprint })}\n`);
  process.stderr.write(`done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
}

/** @param {string} partial */
function replaceDist(partial) {
  const old = `${partial}-old`;
  if (existsSync(DIST)) renameSync(DIST, old);
  renameSync(partial, DIST);
  rmSync(old, { recursive: true, force: true });
}

function isFresh() {
  try {
    const { fingerprint } = JSON.parse(readFileSync(join(DIST, STAMP), 'utf8'));
    return existsSync(join(DIST, 'main.js')) && fingerprint === sourcesFingerprint();
  } catch {
    return false;
  }
}

/** Contents, not times: a checkout of older sources is a change too, and a copy of the folder is none. */
function sourcesFingerprint() {
  const settings = readdirSync(ROOT).filter((name) => /^(tsconfig.*|nest-cli|package)\.json$/.test(name));
  const hash = createHash('sha256');
  for (const path of [...settings, ...sourceFiles('src')].sort()) {
    hash.update(`${path}\0`).update(
      createHash('sha256')
        .update(readFileSync(join(ROOT, path)))
        .digest(),
    );
  }
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function sourceFiles(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.spec.ts') ? [] : [path];
  });
}

/** What builders that were killed have left. */
function clearLeftovers() {
  for (const name of readdirSync(ROOT)) {
    const [, pid] = /^\.dist-(\d+)(-old)?$/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(ROOT, name), { recursive: true, force: true });
  }
  for (const name of readdirSync(CACHE)) {
    if (/^tsconfig\.build-\d+\.json$/.test(name)) rmSync(join(CACHE, name), { force: true });
  }
}

/**
 * One builder at a time. The lock saves work and keeps two from swapping dist/ at once; a holder that died is replaced.
 * @param {() => Promise<void>} work
 */
async function withLock(work) {
  mkdirSync(CACHE, { recursive: true });
  let told = false;
  while (!takeLock()) {
    if (!told) process.stderr.write('Another process builds; waiting for it ...\n');
    told = true;
    await sleep(200);
  }
  try {
    await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

/** @returns {boolean} */
function takeLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
  if (!isAbandoned()) return false;
  rmSync(LOCK, { force: true });
  return takeLock();
}

function isAbandoned() {
  try {
    const pid = Number(readFileSync(LOCK, 'utf8'));
    // Without a number yet it is just being written.
    const holderIsGone = pid > 0 && (pid === process.pid || !isRunning(pid));
    return holderIsGone || Date.now() - statSync(LOCK).mtimeMs > LOCK_LASTS_MS;
  } catch {
    return false;
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
