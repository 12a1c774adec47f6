import {
  InvalidPartError,
  type CompletedPart,
  type MultipartRef,
  type ObjectStorage,
  type UploadedPart,
} from '../storage/index.js';
import { FileTooLargeError, SizeDiffersError } from '../intake/index.js';
import { PartsMissingError } from './direct-uploads.errors.js';
import type { Upload } from './upload.entity.js';

/** All parts that the store has of an upload, page by page: 10,000 at the most. Throws `UploadMissingError`. */
export async function allParts(storage: ObjectStorage, ref: MultipartRef): Promise<readonly UploadedPart[]> {
  const parts: UploadedPart[] = [];
  for (let after: number | undefined; ;) {
    const page = await storage.listParts(ref, { ...(after !== undefined && { afterPartNumber: after }) });
    parts.push(...page.parts);
    after = page.nextAfterPartNumber;
    if (after === undefined) return parts;
  }
}

/**
 * The parts that make the file: those that the sender named, as the store has them, or all. Throws `InvalidPartError` for one that
 * is not there so, `PartsMissingError` while what was declared has not all come or not all been named, `SizeDiffersError` and `FileTooLargeError` for
 * what can never be right.
 */
export function chooseParts(
  stored: readonly UploadedPart[],
  named: readonly CompletedPart[] | undefined,
  { declaredSizeBytes, maxSizeBytes }: Pick<Upload, 'declaredSizeBytes' | 'maxSizeBytes'>,
): readonly CompletedPart[] {
  const byNumber = new Map(stored.map((part) => [part.partNumber, part]));
  assertAscending(named ?? []);
  const chosen = named?.map((part) => asStored(part, byNumber)) ?? stored;
  const sizeBytes = sumOf(chosen);
  if (sizeBytes > maxSizeBytes) throw new FileTooLargeError(maxSizeBytes);
  if (declaredSizeBytes != null && sizeBytes !== declaredSizeBytes) {
    // Whoever forgot to name a part that came has lost nothing by that.
    const isWhole = sumOf(stored) === declaredSizeBytes;
    if (sizeBytes < declaredSizeBytes && (named === undefined || isWhole))
      throw new PartsMissingError({ declaredSizeBytes, sizeBytes });
    throw new SizeDiffersError({ declared: declaredSizeBytes, found: sizeBytes });
  }
  if (chosen.length === 0) throw new InvalidPartError('no part was sent');
  return chosen.map(({ partNumber, etag }) => ({ partNumber, etag }));
}

function sumOf(parts: readonly UploadedPart[]): number {
  return parts.reduce((sum, part) => sum + part.sizeBytes, 0);
}

/** Before anything is added up: a part that is named twice says nothing about what was sent. */
function assertAscending(named: readonly CompletedPart[]): void {
  const astray = named.find(({ partNumber }, index) => partNumber <= (named[index - 1]?.partNumber ?? 0));
  if (astray !== undefined) throw new InvalidPartError(`part ${astray.partNumber} is out of order`);
}

function asStored({ partNumber, etag }: CompletedPart, stored: ReadonlyMap<number, UploadedPart>): UploadedPart {
  const part = stored.get(partNumber);
  if (part === undefined) throw new InvalidPartError(`part ${partNumber} was never sent`);
  if (part.etag !== etag.replace(/^"(.*)"$/, '$1')) throw new InvalidPartError(`part ${partNumber} has another ETag`);
  return part;
}
