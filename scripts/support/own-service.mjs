import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tail } from './debian.mjs';
import { freePort } from './free-port.mjs';
import { PlainError, projectNode, ROOT } from './project.mjs';

const START_MS = 60_000;
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'SystemRoot'];

/**
 * A service of the script's own on embedded defaults: a temporary data directory, a free port, and nothing of what this
 * shell or an .env file configures.
 */
export class OwnService {
  /**
   * @param {{ child: import('node:child_process').ChildProcess, dir: string, url: string }} parts
   */
  constructor({ child, dir, url }) {
    this.child = child;
    this.dir = dir;
    this.url = url;
    this.keyFile = join(dir, 'data', 'api-key');
    this.ended = once(child, 'exit');
  }

  static async start() {
    const dir = mkdtempSync(join(tmpdir(), 'catalyst-demo-'));
    // Under root the embedded database runs as another user, who has to get in.
    chmodSync(dir, 0o711);
    const port = await freePort();
    const log = openSync(join(dir, 'service.log'), 'w');
    const passedOn = PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
    const child = spawn(projectNode(), [join(ROOT, 'dist', 'main.js')], {
      cwd: dir,
      env: {
        ...Object.fromEntries(passedOn),
        PORT: String(port),
        DATA_DIR: join(dir, 'data'),
        LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', log, log],
      // A group of its own: Ctrl-C is for this script, which then ends the service.
      detached: true,
    });
    closeSync(log);
    const service = new OwnService({ child, dir, url: `http://127.0.0.1:${port}` });
    try {
      await service.#ready();
    } catch (error) {
      await service.stop();
      throw error;
    }
    return service;
  }

  get key() {
    return readFileSync(this.keyFile, 'utf8').trim();
  }

  async #ready() {
    const deadline = Date.now() + START_MS;
    while (!(await isReady(this.url))) {
      if (this.child.exitCode !== null || Date.now() > deadline) {
        throw new PlainError(
          `The service did not start:\n${tail(readFileSync(join(this.dir, 'service.log'), 'utf8'), 30)}`,
        );
      }
      await sleep(100);
    }
  }

  /** Ends the service and removes what it kept. */
  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await this.ended;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** @param {string} url */
async function isReady(url) {
  try {
    const answer = await fetch(`${url}/health/ready`);
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
