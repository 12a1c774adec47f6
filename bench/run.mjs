/**
 * `npm run bench`: what sending a stream of unknown length to S3 costs, our sender beside @aws-sdk/lib-storage, in turns on the
 * same sink; then what signing a link for CloudFront costs, beside @aws-sdk/cloudfront-signer. Only the ratios mean anything:
 * machines differ, and this one differs from minute to minute. BENCH_MB (256) and BENCH_ROUNDS (3) change it.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../scripts/support/build.mjs';
import { main, projectNode } from '../scripts/support/project.mjs';

const MEGABYTES = Number(process.env.BENCH_MB ?? 256);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SENDERS = ['ours', 'lib-storage'];
const HERE = new URL('.', import.meta.url);

await main(async () => {
  await ensureBuilt();
  const sink = start('sink.mjs', []);
  const [{ port }] = await once(sink, 'message');
  const figures = new Map(SENDERS.map((sender) => [sender, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const sender of SENDERS) {
      const child = start('sender.mjs', [sender, String(port), String(MEGABYTES)]);
      const [[figure], [code]] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
      if (code !== 0) throw new Error(`${sender} failed`);
      // The first round warms the file cache and the sink.
      if (round > 0) figures.get(sender).push(figure);
    }
  }
  sink.kill();
  for (const [sender, taken] of figures) {
    const { seconds, cpuSeconds, peakMb } = medians(taken);
    const perGib = ((cpuSeconds * 1024) / MEGABYTES).toFixed(2);
    process.stdout.write(
      `${sender.padEnd(12)} ${(MEGABYTES / seconds).toFixed(0)} MiB/s, ${perGib} CPU s/GiB, peak RSS ${peakMb.toFixed(0)} MB\n`,
    );
  }
  const [ours, theirs] = SENDERS.map((sender) => medians(figures.get(sender)));
  process.stdout.write(
    `ours / lib-storage: CPU ${(ours.cpuSeconds / theirs.cpuSeconds).toFixed(2)}, time ${(ours.seconds / theirs.seconds).toFixed(2)}, peak RSS ${(ours.peakMb / theirs.peakMb).toFixed(2)}\n`,
  );
  // Built only now, where it was not.
  const { compareSigning } = await import('./signing.mjs');
  await compareSigning(ROUNDS);
  return 0;
});

function start(file, args) {
  return fork(fileURLToPath(new URL(file, HERE)), args, { execPath: projectNode() });
}

function medians(figures) {
  const median = (name) => figures.map((figure) => figure[name]).sort((a, b) => a - b)[figures.length >> 1];
  return { seconds: median('seconds'), cpuSeconds: median('cpuSeconds'), peakMb: median('peakMb') };
}
