import { createInterface } from 'node:readline';
import { AV_LOG_QUIET } from 'node-av/constants';
import { FFmpegError, Log } from 'node-av/lib';
import { decodeAudio, type FrameConsumer } from './audio-decoder.js';
import { LoudnessMeter } from './loudness-meter.js';
import { MediaFault } from './media-fault.js';
import { MediaFaultCode, MediaTask, type MediaJob, type MediaReport } from './media-job.js';
import { WaveformMeter } from './waveform-meter.js';

const PROGRESS_INTERVAL_MS = 250;

// The child process of `MediaProcess`: one job, one answer. It has no secrets, no credentials and one address to read from,
// and it ends with its parent.
Log.setLevel(AV_LOG_QUIET);
const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => {
  // The parent wrote this line; nothing of the recording's is in it.
  void answer(JSON.parse(line) as MediaJob);
});
// The parent has gone. SIGKILL, because an orderly exit waits for FFmpeg's threads, which may wait for the parent.
lines.once('close', () => process.kill(process.pid, 'SIGKILL'));

async function answer(job: MediaJob): Promise<void> {
  try {
    report({ type: 'result', value: await perform(job) });
  } catch (error) {
    report(faultOf(error));
  }
  // The parent ends the process when it has read the answer.
}

async function perform(job: MediaJob): Promise<unknown> {
  switch (job.task) {
    case MediaTask.Probe: {
      const meter = new LoudnessMeter();
      const audio = await decode(job, [meter]);
      return { ...audio, loudness: meter.loudness() };
    }
    case MediaTask.Waveform: {
      const meter = new WaveformMeter();
      const audio = await decode(job, [meter]);
      return meter.waveform(audio.sampleRateHz);
    }
    default:
      return job.task satisfies never;
  }
}

function decode(job: MediaJob, consumers: readonly FrameConsumer[]) {
  let nextReport = 0;
  return decodeAudio({
    inputUrl: job.inputUrl,
    sizeBytes: job.sizeBytes,
    consumers,
    onProgress: (fraction) => {
      if (performance.now() < nextReport) return;
      nextReport = performance.now() + PROGRESS_INTERVAL_MS;
      report({ type: 'progress', fraction });
    },
  });
}

function faultOf(error: unknown): MediaReport {
  if (error instanceof MediaFault) return { type: 'fault', code: error.code, message: error.message };
  if (!(error instanceof FFmpegError)) throw error;
  return error.isENOMEM
    ? { type: 'fault', code: MediaFaultCode.Memory, message: 'Decoding the recording takes more memory than it may.' }
    : {
        type: 'fault',
        code: MediaFaultCode.Unreadable,
        message: `The recording cannot be decoded (${error.message}).`,
      };
}

function report(message: MediaReport): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
