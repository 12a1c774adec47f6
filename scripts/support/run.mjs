import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ROOT } from './project.mjs';

/**
 * @typedef {object} RunOptions
 * @property {NodeJS.ProcessEnv} [env] instead of this process's own
 * @property {boolean} [capture] keep what it writes rather than pass it on
 * @property {number} [uid]
 * @property {number} [gid]
 * @property {string} [cwd] the project's folder unless given
 */

/**
 * Runs a program to its end. A SIGTERM or SIGINT to this process goes on to it, and it decides when it is through; what a
 * terminal sends it gets by itself.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>} code as a shell has it: 128 and the number of a signal that ended it
 */
export function run(command, args, { env = process.env, capture = false, cwd = ROOT, ...user } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = capture ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(command, args, { cwd, env, stdio, ...user });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
    }
    const terminate = () => child.kill('SIGTERM');
    // The terminal's Ctrl-C has reached the child too; only this process must not end before it.
    const interrupt = () => undefined;
    process.on('SIGTERM', terminate);
    process.on('SIGINT', interrupt);
    const forget = () => {
      process.off('SIGTERM', terminate);
      process.off('SIGINT', interrupt);
    };
    child.once('error', (error) => {
      forget();
      reject(error);
    });
    child.once('close', (code, signal) => {
      forget();
      resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), output });
    });
  });
}
