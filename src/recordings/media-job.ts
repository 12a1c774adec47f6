/** What the child can be asked for. */
export const MediaTask = { Probe: 'probe', Waveform: 'waveform' } as const;
export type MediaTask = (typeof MediaTask)[keyof typeof MediaTask];

/** The one line of JSON that a child reads from its standard input. The input stays open: its end is the parent's end. */
export interface MediaJob {
  readonly task: MediaTask;
  /** On the loopback address, with a random path, good for this job only. */
  readonly inputUrl: string;
  readonly sizeBytes: number;
}

export const MediaFaultCode = {
  Unreadable: 'MEDIA_UNREADABLE',
  NoAudioStream: 'NO_AUDIO_STREAM',
  Memory: 'MEDIA_MEMORY_LIMIT',
} as const;
export type MediaFaultCode = (typeof MediaFaultCode)[keyof typeof MediaFaultCode];

/** What the child writes to its standard output, a line of JSON each. The last is a result or a fault. */
export type MediaReport =
  | { readonly type: 'progress'; readonly fraction: number }
  | { readonly type: 'result'; readonly value: unknown }
  | { readonly type: 'fault'; readonly code: MediaFaultCode; readonly message: string };

/** Reads a line that the child wrote; `undefined` where it is not one of the reports. */
export function parseMediaReport(line: string): MediaReport | undefined {
  const value = parseObject(line);
  switch (value?.['type']) {
    case 'progress': {
      const fraction = value['fraction'];
      return typeof fraction === 'number' && fraction >= 0 && fraction <= 1
        ? { type: 'progress', fraction }
        : undefined;
    }
    case 'result':
      return { type: 'result', value: value['value'] };
    case 'fault': {
      const code = Object.values(MediaFaultCode).find((known) => known === value['code']);
      const message = value['message'];
      return code !== undefined && typeof message === 'string' ? { type: 'fault', code, message } : undefined;
    }
    default:
      return undefined;
  }
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
