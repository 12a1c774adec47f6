import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const MEMORY_CHECK_MS = 200;
/** Node.js reserves some 630 MB of address space that it does not use; the kernel's limit counts them. */
const RESERVED_BYTES = 1024 ** 3;
const MAX_HEAP_MB = 192;

/**
 * Sets the kernel's limits and becomes Node.js, under the same process id: $1 open files, $2 seconds of processor time,
 * $3 KiB of data. No core dumps, no files. Where util-linux is there, the kernel also kills the child with its parent.
 * A limit that cannot be set is stricter already. The hard limit of time comes later than the soft one, whose signal says
 * what happened.
 */
const LIMITED_START = `
ulimit -c 0 2>/dev/null
ulimit -f 0 2>/dev/null
ulimit -n "$1" 2>/dev/null
ulimit -t $(($2 + 5)) 2>/dev/null
ulimit -S -t "$2" 2>/dev/null
ulimit -d "$3" 2>/dev/null
shift 3
setpriv --no-new-privs --pdeathsig KILL true 2>/dev/null && exec setpriv --no-new-privs --pdeathsig KILL "$@"
exec "$@"
`;

/** What the operating system lets a child process have. */
export interface ProcessLimits {
  /** Resident; see `watchMemory`. The kernel refuses a single leap far beyond it. */
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
  readonly openFiles: number;
}

export interface LimitedProcess {
  /** The built script, a file URL. */
  readonly script: URL;
  readonly args?: readonly string[];
  readonly limits: ProcessLimits;
}

/** Starts a Node.js process for work on bytes that nobody vouches for: with limits, and without our environment. */
export function spawnLimited({ script, args: words = [], limits }: LimitedProcess): ChildProcess {
  const node = [process.execPath, `--max-old-space-size=${MAX_HEAP_MB}`, fileURLToPath(script), ...words];
  const kibibytes = Math.ceil((limits.memoryBytes + RESERVED_BYTES) / 1024);
  const numbers = [limits.openFiles, Math.ceil(limits.cpuSeconds), kibibytes].map(String);
  const [command, ...args] =
    process.platform === 'win32' ? node : ['/bin/sh', '-c', LIMITED_START, 'limited', ...numbers, ...node];
  return spawn(command ?? process.execPath, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Nothing of the parent's: its environment holds the credentials of the database and of the store.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' },
    cwd: '/',
    windowsHide: true,
  });
}

/** Looks at a child's resident memory five times a second, on Linux, until the timer is cleared. */
export function watchMemory(
  child: ChildProcess,
  { memoryBytes }: Pick<ProcessLimits, 'memoryBytes'>,
  onExceeded: () => void,
): NodeJS.Timeout | undefined {
  if (process.platform !== 'linux') return undefined;
  return setInterval(() => {
    void residentBytes(child.pid).then((used) => {
      if (used !== undefined && used > memoryBytes) onExceeded();
    });
  }, MEMORY_CHECK_MS);
}

/** Of a process on Linux; `undefined` once it has gone. */
async function residentBytes(pid: number | undefined): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid ?? 'none'}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
