import { FileKind, FormatFamily, RetentionClass } from '../storage/index.js';

/** What a session's participants recorded or brought: kept as it came. */
export const sessionOriginal = new FileKind({
  name: 'session-original',
  keyTemplate: '{type}-files/sessions/session-{sessionId}/original/{timestamp}_{filename}',
  ifTaken: 'suffix',
  accepts: [FormatFamily.Audio, FormatFamily.Video, FormatFamily.Image, FormatFamily.Document],
  familyOf: ({ type }) => Object.values(FormatFamily).find((family) => family === type) ?? FormatFamily.Audio,
  retentionClass: RetentionClass.Original,
  linkable: true,
});

/** What was made of a session's recordings, by the service's own steps or by outside workers. */
export const sessionResult = new FileKind({
  name: 'session-result',
  keyTemplate: 'audio-files/sessions/session-{sessionId}/processed/{name}.{ext}',
  ifTaken: 'place',
  accepts: ['.json', '.png', '.m4a'],
  retentionClass: RetentionClass.Result,
  linkable: true,
});
