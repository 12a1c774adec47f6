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
  legacyTemplates: ['{type}-files/sessions/{sessionId}/original/{timestamp}_{filename}'],
});

/** What was made of a session's recordings, by the service's own steps or by outside workers. */
export const sessionResult = new FileKind({
  name: 'session-result',
  keyTemplate: 'audio-files/sessions/session-{sessionId}/processed/{name}.{ext}',
  ifTaken: 'place',
  accepts: ['.json', '.png', '.m4a'],
  retentionClass: RetentionClass.Result,
  linkable: true,
  legacyTemplates: ['audio-files/sessions/{sessionId}/processed/{name}.{ext}'],
});

/** The sound of one quote. */
export const sessionClip = new FileKind({
  name: 'session-clip',
  keyTemplate: 'audio-files/sessions/session-{sessionId}/clips/{quoteId}_{timestamp}.wav',
  ifTaken: 'suffix',
  accepts: ['.wav'],
  retentionClass: RetentionClass.Result,
  linkable: true,
  legacyTemplates: ['audio-files/sessions/{sessionId}/clips/{quoteId}_{timestamp}.wav'],
});

/** What was said, as text, by speaker, and as captions. */
export const sessionTranscript = new FileKind({
  name: 'session-transcript',
  keyTemplate: 'audio-files/sessions/session-{sessionId}/transcripts/{name}.{ext}',
  ifTaken: 'place',
  accepts: ['.txt', '.json', '.vtt', '.srt'],
  retentionClass: RetentionClass.Result,
  linkable: true,
  legacyTemplates: ['audio-files/sessions/{sessionId}/transcripts/{name}.{ext}'],
});

/** What was shown, shared and photographed in a session. */
export const sessionAsset = new FileKind({
  name: 'session-asset',
  keyTemplate: 'media/session-assets/{sessionId}/{category}/{filename}',
  ifTaken: 'suffix',
  accepts: [FormatFamily.Document, '.pptx', '.xlsx', FormatFamily.Image],
  retentionClass: RetentionClass.Document,
  linkable: true,
});

/** Files that somebody sent outside any session. */
export const manualUpload = new FileKind({
  name: 'manual-upload',
  keyTemplate: 'audio-files/manual-uploads/{uploadId}/{filename}',
  ifTaken: 'suffix',
  accepts: [FormatFamily.Audio, FormatFamily.Video, FormatFamily.Image, FormatFamily.Document],
  retentionClass: RetentionClass.Original,
  linkable: true,
});

/** What the log calls it when a file of one of these kinds was stored. */
export const SESSION_FILE_UPLOADED = 'SESSION_FILE_UPLOADED';

/** All that this module declares. */
export const SESSION_KINDS = [
  sessionOriginal,
  sessionResult,
  sessionClip,
  sessionTranscript,
  sessionAsset,
  manualUpload,
] as const;

/** The categories of assets, as they stand in keys and routes. */
export const AssetCategory = {
  PresentationMaterials: 'presentation-materials',
  SharedDocuments: 'shared-documents',
  Screenshots: 'screenshots',
} as const;
export type AssetCategory = (typeof AssetCategory)[keyof typeof AssetCategory];
