/** The families that ALLOWED_*_FORMATS list extensions for. */
export const FormatFamily = { Audio: 'audio', Video: 'video', Document: 'document', Image: 'image' } as const;
export type FormatFamily = (typeof FormatFamily)[keyof typeof FormatFamily];

interface Format {
  /** What a file of this extension is stored and served as, in each family that has it. */
  readonly contentType: string | Partial<Record<FormatFamily, string>>;
  /** What its bytes may be recognised as. */
  readonly found: readonly string[];
}

const OGG = ['audio/ogg', 'application/ogg', 'video/ogg'];
const MP4 = ['video/mp4', 'audio/mp4', 'audio/x-m4a', 'video/x-m4v'];
const TEXT = ['text/plain'];

/** Extensions the service knows how to check. What is allowed where, configuration and kinds decide. */
const FORMATS: Readonly<Record<string, Format>> = {
  '.wav': { contentType: 'audio/wav', found: ['audio/wav'] },
  '.mp3': { contentType: 'audio/mpeg', found: ['audio/mpeg'] },
  '.m4a': { contentType: 'audio/mp4', found: MP4 },
  '.aac': { contentType: 'audio/aac', found: ['audio/aac'] },
  '.flac': { contentType: 'audio/flac', found: ['audio/flac', 'audio/x-flac'] },
  '.ogg': { contentType: 'audio/ogg', found: OGG },
  '.opus': { contentType: 'audio/ogg', found: OGG },
  '.webm': { contentType: { audio: 'audio/webm', video: 'video/webm' }, found: ['video/webm', 'audio/webm'] },
  '.mp4': { contentType: 'video/mp4', found: MP4 },
  '.mov': { contentType: 'video/quicktime', found: ['video/quicktime'] },
  '.pdf': { contentType: 'application/pdf', found: ['application/pdf'] },
  '.docx': {
    contentType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    found: ['application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  },
  '.pptx': {
    contentType: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    found: ['application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  },
  '.xlsx': {
    contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    found: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  },
  '.txt': { contentType: 'text/plain', found: TEXT },
  '.md': { contentType: 'text/markdown', found: TEXT },
  '.vtt': { contentType: 'text/vtt', found: ['text/vtt', ...TEXT] },
  '.srt': { contentType: 'application/x-subrip', found: ['application/x-subrip', ...TEXT] },
  '.json': { contentType: 'application/json', found: ['application/json', ...TEXT] },
  '.sql': { contentType: 'application/sql', found: TEXT },
  '.gz': { contentType: 'application/gzip', found: ['application/gzip'] },
  '.jpg': { contentType: 'image/jpeg', found: ['image/jpeg'] },
  '.jpeg': { contentType: 'image/jpeg', found: ['image/jpeg'] },
  '.png': { contentType: 'image/png', found: ['image/png', 'image/apng'] },
  '.gif': { contentType: 'image/gif', found: ['image/gif'] },
  '.webp': { contentType: 'image/webp', found: ['image/webp'] },
};

/** Extensions, dot included, that can be checked against the bytes. */
export const KNOWN_EXTENSIONS: readonly string[] = Object.keys(FORMATS);

/**
 * The content type for a file of this extension whose bytes were recognised as `foundType`, or undefined when the two do
 * not go together.
 */
export function matchFormat(extension: string, foundType: string, family?: FormatFamily): string | undefined {
  const format = FORMATS[extension];
  const bare = foundType.split(';', 1)[0] ?? foundType;
  if (format?.found.includes(bare) !== true) return undefined;
  return typeOf(format, family);
}

/** What files of this extension are served as. */
export function contentTypeOf(extension: string, family?: FormatFamily): string | undefined {
  const format = FORMATS[extension];
  return format && typeOf(format, family);
}

function typeOf({ contentType }: Format, family: FormatFamily | undefined): string | undefined {
  if (typeof contentType === 'string') return contentType;
  return (family && contentType[family]) ?? Object.values(contentType)[0];
}
