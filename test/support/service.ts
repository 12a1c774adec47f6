import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';
import type { Target } from './target.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The built service, as it is shipped. */
const MAIN = process.env['TEST_SERVICE_MAIN'] ?? join(ROOT, 'dist', 'main.js');
const START_MS = 60_000;

export interface ServiceOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A module that is loaded before the service, such as a fail point. */
  readonly preload?: string;
  /** The built program, in place of the project's own. */
  readonly main?: string;
  /** Do not wait until it is ready. */
  readonly detached?: boolean;
}

/** The service as a process of its own, spoken to over HTTP. */
export class Service {
  private output = '';
  private readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  private constructor(
    readonly url: string,
    readonly target: Target,
    private readonly child: ChildProcess,
  ) {
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.ended = once(child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  static async start(target: Target, options: ServiceOptions = {}): Promise<Service> {
    const port = await freePort();
    const { PATH, HOME, TMPDIR } = process.env;
    const child = spawn(
      process.execPath,
      [...(options.preload === undefined ? [] : ['--import', options.preload]), options.main ?? MAIN],
      {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...(PATH !== undefined && { PATH }),
          ...(HOME !== undefined && { HOME }),
          ...(TMPDIR !== undefined && { TMPDIR }),
          PORT: String(port),
          ...target.env,
          ...options.env,
        },
      },
    );
    const service = new Service(`http://127.0.0.1:${port}`, target, child);
    if (options.detached !== true) await service.ready();
    return service;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Everything it has written so far. */
  get logs(): string {
    return this.output;
  }

  get key(): string {
    return this.target.env['BOOTSTRAP_API_KEY'] ?? readFileSync(join(this.target.dataDir, 'api-key'), 'utf8').trim();
  }

  /** A request with the API key; paths are below the service's URL. */
  fetch(path: string, init: RequestInit & { duplex?: 'half' } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${this.key}`);
    return fetch(new URL(path, this.url), { ...init, headers });
  }

  /** The JSON of a request that must be answered with this status. */
  async json<T = Record<string, unknown>>(path: string, init?: RequestInit, status = 200): Promise<T> {
    const response = await this.fetch(path, init);
    const text = await response.text();
    if (response.status !== status) {
      throw new Error(
        `${init?.method ?? 'GET'} ${path} answered ${response.status}, not ${status}: ${text.slice(0, 500)}`,
      );
    }
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Posts a file as a browser's form does. */
  async upload(path: string, file: { name: string; bytes: Uint8Array }, init: RequestInit = {}): Promise<Response> {
    const form = new FormData();
    form.append('file', new Blob([file.bytes]), file.name);
    return this.fetch(path, { method: 'POST', body: form, ...init });
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) break;
      const up = await fetch(`${this.url}/health/live`).then(
        (response) => response.ok,
        () => false,
      );
      if (
        up &&
        (this.target.env['BOOTSTRAP_API_KEY'] !== undefined || existsSync(join(this.target.dataDir, 'api-key')))
      ) {
        return;
      }
      await sleep(100);
    }
    throw new Error(`The service did not become ready:\n${this.output}`);
  }

  /** Ends it as an orchestrator does; the exit status. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.ended;
  }

  /** Ends it as a power cut does. */
  async kill9(): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** Its exit, however it comes. */
  exit(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.ended;
  }
}

/** Asks until the answer is as wanted; the last answer is in the error. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  wanted: (value: T) => boolean,
  seconds = 60,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await ask();
    if (wanted(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what} did not come about in ${seconds} s: ${JSON.stringify(value)}`);
    await sleep(150);
  }
}
