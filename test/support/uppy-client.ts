import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../clients/uppy/program.mjs', import.meta.url));
export const APP_ORIGIN = 'https://app.example.org';
const WAIT_MS = 60_000;

/** What of an upload Uppy keeps across the death of its tab. */
export interface UppyState {
  readonly key: string;
  readonly uploadId: string;
}

export interface UppyOptions {
  readonly version: 5 | 6;
  readonly mode: 'endpoint' | 'companion' | 'sign';
  /** The service's URL. */
  readonly service: string;
  /** An API key or an upload token, for the modes that send a header. */
  readonly credential?: string;
  readonly companionEndpoint?: string;
  readonly multipart: boolean;
  readonly meta?: Readonly<Record<string, unknown>>;
  /** What the app's `signRequest` adds to each request. */
  readonly signWith?: Readonly<Record<string, unknown>>;
  /** Of Uppy 5: whether it sends a file in one request by PUT. */
  readonly signedPut?: boolean;
  /** Whether the file says in its metadata how large it is. */
  readonly sized?: boolean;
  readonly restore?: UppyState;
  /** How long the first PUT takes on its way. */
  readonly slowFirstPutMs?: number;
  readonly file: { readonly path: string; readonly name: string; readonly type: string };
}

/** Something that happened in the tab. */
export interface UppyEvent {
  readonly event: string;
  readonly method?: string;
  readonly path?: string;
  readonly part?: number;
  readonly status?: number;
  readonly contentType?: string;
  readonly message?: string;
  /** Files of which nothing came. */
  readonly failed?: number;
  readonly state?: UppyState;
  readonly response?: { readonly uploadURL: string; readonly body: Readonly<Record<string, unknown>> };
}

type Deed = 'upload' | 'pause' | 'resume' | 'retry' | 'cancel' | 'state' | 'leave';

/** Uppy in a process of its own. */
export class UppyClient {
  readonly events: UppyEvent[] = [];
  private errors = '';
  private toldAt = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (event) => {
      this.events.push(event as UppyEvent);
      child.emit('told');
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    child.on('exit', () => child.emit('told'));
  }

  static async open(options: UppyOptions): Promise<UppyClient> {
    const child = fork(PROGRAM, [JSON.stringify({ origin: APP_ORIGIN, ...options })], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const client = new UppyClient(child);
    await client.saw('ready');
    return client;
  }

  tell(deed: Deed): void {
    this.toldAt = this.events.length;
    this.child.send(deed);
  }

  /** The `count`th event of this name, once it has come. */
  async saw(name: string, count = 1): Promise<UppyEvent> {
    const deadline = AbortSignal.timeout(WAIT_MS);
    for (;;) {
      const found = this.events.filter(({ event }) => event === name).at(count - 1);
      if (found !== undefined) return found;
      if (this.child.exitCode !== null || this.hasFailed() || deadline.aborted)
        throw new Error(`Uppy did not come to ${name}: ${JSON.stringify(this.events.slice(-20))}\n${this.errors}`);
      await once(this.child, 'told', { signal: deadline }).catch(() => undefined);
    }
  }

  private hasFailed(): boolean {
    return this.events.slice(this.toldAt).some(({ event, failed = 0 }) => event === 'did' && failed > 0);
  }

  /** Part numbers of the PUTs that were sent, in order. */
  get sentParts(): readonly number[] {
    return this.events
      .filter(({ event, method }) => event === 'request' && method === 'PUT')
      .map(({ part = 0 }) => part);
  }

  /** Ends the tab without a word. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}
