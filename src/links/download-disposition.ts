import { contentDisposition, isActiveType, type Disposition } from '../content/index.js';
import { InvalidFilenameError, type StoredFile } from '../files/index.js';
import { originalFilename } from '../storage/index.js';

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
