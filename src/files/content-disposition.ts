import { isActiveType } from '../content/index.js';
import { originalFilename } from '../storage/index.js';
import { InvalidFilenameError } from './files.errors.js';
import type { StoredFile } from './stored-file.entity.js';

/** Whether a browser shows a file or saves it. */
export type Disposition = 'attachment' | 'inline';

/**
 * The header that gives a download its name (RFC 6266): `filename*` in UTF-8 (RFC 8187), and a plain `filename` for those
 * who do not read that.
 */
export function contentDisposition(disposition: Disposition, filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const header = `${disposition}; filename="${plain}"`;
  return plain === filename ? header : `${header}; filename*=UTF-8''${extendedValue(filename)}`;
}

/** How a download shall reach its reader. */
export interface DownloadRequest {
  /** `attachment` where absent. */
  readonly disposition?: Disposition;
  /** In place of the original name. */
  readonly filename?: string;
}

/** The header of a file's download: active types are only ever saved. Throws `InvalidFilenameError`. */
export function downloadDisposition(
  file: Pick<StoredFile, 'contentType' | 'originalFilename'>,
  { disposition = 'attachment', filename }: DownloadRequest,
): string {
  // A name that was asked for is made as safe as one that was uploaded.
  const name = filename === undefined ? file.originalFilename : originalFilename(filename);
  if (name === '') throw new InvalidFilenameError();
  return contentDisposition(isActiveType(file.contentType) ? 'attachment' : disposition, name);
}

/** RFC 8187, section 3.2.1: everything but `attr-char` is percent-encoded. */
function extendedValue(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
