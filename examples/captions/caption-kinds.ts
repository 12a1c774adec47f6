import { FileKind, RetentionClass } from '../../src/storage/index.js';

/** Captions that somebody drafts for a session, in one language. */
export const captionDraft = new FileKind({
  name: 'caption-draft',
  keyTemplate: 'audio-files/sessions/session-{sessionId}/captions/{language}/{timestamp}_{filename}',
  ifTaken: 'suffix',
  accepts: ['.vtt', '.srt'],
  maxSizeBytes: 2 * 1024 * 1024,
  retentionClass: RetentionClass.Document,
  linkable: true,
});

/** Empty cues as long as the recording: what a draft begins with. */
export const captionSheet = new FileKind({
  name: 'caption-sheet',
  keyTemplate: 'audio-files/sessions/session-{sessionId}/captions/{name}.{ext}',
  ifTaken: 'place',
  accepts: ['.vtt'],
  retentionClass: RetentionClass.Result,
  linkable: true,
});
