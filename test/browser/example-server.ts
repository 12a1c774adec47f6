import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../examples/browser/serve.mjs', import.meta.url));

export interface Example {
  readonly api: string;
  readonly port: number;
  readonly keyFile: string;
}

/** examples/browser as its README says to start it: another origin than the service's. */
export async function serveExample({ api, port, keyFile }: Example) {
  const args = ['--api', api, '--port', String(port), '--key-file', keyFile];
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const started = once(createInterface(child.stdout), 'line');
  await Promise.race([
    started,
    ended.then(([code]) => {
      throw new Error(`The example's server ended with ${String(code)}`);
    }),
  ]);
  return {
    stop: async (): Promise<void> => {
      child.kill();
      await ended;
    },
  };
}
