/** How long a cue is left to stand, at most; longer ones are hard to read along. */
const CUE_SECONDS = 5;

/** WebVTT (https://www.w3.org/TR/webvtt1/) with empty cues from the beginning to the end of a recording, piece by piece. */
export function* emptyCues(durationSeconds: number): Generator<string> {
  yield 'WEBVTT\n';
  for (let start = 0; start < durationSeconds; start += CUE_SECONDS) {
    const end = Math.min(start + CUE_SECONDS, durationSeconds);
    yield `\n${timestamp(start)} --> ${timestamp(end)}\n\n`;
  }
}

/** `hh:mm:ss.ttt` */
function timestamp(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  const parts = [milliseconds / 3_600_000, (milliseconds / 60_000) % 60, (milliseconds / 1000) % 60];
  const clock = parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
  return `${clock}.${String(milliseconds % 1000).padStart(3, '0')}`;
}
