import { availableParallelism } from 'node:os';
import { packageFile, projectNode } from './project.mjs';
import { run } from './run.mjs';

const OWN_WORKERS = /^(-w|-i|--runInBand|--maxWorkers)(=|\d|$)/;
/** What each spec starts (a service, its database) runs beside it, so a worker a core is enough. */
const WORKERS = Math.min(4, Math.max(2, availableParallelism()));

/**
 * Runs Jest; returns its exit code.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
export async function runJest(args, env) {
  const workers = args.some((arg) => OWN_WORKERS.test(arg)) ? [] : [`--maxWorkers=${WORKERS}`];
  const jest = ['--experimental-vm-modules', '--no-warnings', packageFile('jest/bin/jest.js')];
  const { code } = await run(projectNode(), [...jest, ...workers, ...args], { env });
  return code;
}
