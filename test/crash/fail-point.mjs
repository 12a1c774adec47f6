import { subscribe } from 'node:diagnostics_channel';

/**
 * A fail point, loaded before the service with `--import`: the process dies as by a power cut inside the publication of a
 * message on the diagnostics channel CRASH_AT, or stands still there with CRASH_SIGNAL=SIGSTOP. CRASH_STEP looks at one
 * step's messages only; CRASH_SKIP lets so many pass.
 */
const { CRASH_AT, CRASH_STEP, CRASH_SKIP = '0', CRASH_SIGNAL = 'SIGKILL' } = process.env;
let left = Number(CRASH_SKIP);

if (CRASH_AT !== undefined) {
  subscribe(CRASH_AT, (message) => {
    if (CRASH_STEP !== undefined && message.step !== CRASH_STEP) return;
    left -= 1;
    // The signal arrives before the call returns: nothing behind the fail point runs.
    if (left === -1) process.kill(process.pid, CRASH_SIGNAL);
  });
}
