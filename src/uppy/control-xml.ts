import type { StoredFile } from '../files/index.js';
import { xmlDocument, xmlElements } from '../http/index.js';
import { MAX_PARTS, type CompletedPart, type UploadedPart } from '../storage/index.js';
import { MalformedXmlError } from './uppy.errors.js';
import type { UppyRef } from './uppy-uploads.js';

/** Names of an upload, as all answers of S3 repeat them. */
export interface UploadNames extends UppyRef {
  readonly bucket: string;
}

export function initiatedXml({ bucket, key, uploadId }: UploadNames): string {
  const names = { Bucket: bucket, Key: key, UploadId: uploadId };
  return xmlDocument('InitiateMultipartUploadResult', xmlElements(names));
}

/** All parts on one page: clients of S3 in a browser do not ask for the next. */
export function partsXml({ bucket, key, uploadId }: UploadNames, parts: readonly UploadedPart[]): string {
  const names = { Bucket: bucket, Key: key, UploadId: uploadId, MaxParts: MAX_PARTS, IsTruncated: 'false' };
  const listed = parts.map(
    ({ partNumber, etag, sizeBytes }) =>
      `<Part>${xmlElements({ PartNumber: partNumber, ETag: `"${etag}"`, Size: sizeBytes })}</Part>`,
  );
  return xmlDocument('ListPartsResult', xmlElements(names) + listed.join(''));
}

export function completedXml({ bucket, key, etag }: StoredFile, location: string): string {
  const facts = { Location: location, Bucket: bucket, Key: key, ETag: `"${etag ?? ''}"` };
  return xmlDocument('CompleteMultipartUploadResult', xmlElements(facts));
}

/** The parts that a client names. Throws `MalformedXmlError`. */
export function readCompletion(xml: string): readonly CompletedPart[] {
  // Cut at its beginnings, each piece is looked at once, whatever stands in it.
  const [, ...pieces] = xml.split('<Part>');
  if (!xml.includes('<CompleteMultipartUpload') || pieces.length === 0 || pieces.length > MAX_PARTS)
    throw new MalformedXmlError();
  return pieces.map((piece) => {
    const partNumber = Number(/<PartNumber>\s*(\d{1,5})\s*<\/PartNumber>/.exec(piece)?.[1] ?? NaN);
    const etag = /<ETag>([^<]{1,160})<\/ETag>/.exec(piece)?.[1];
    if (!Number.isInteger(partNumber) || etag === undefined || !piece.includes('</Part>'))
      throw new MalformedXmlError();
    return { partNumber, etag: etag.replace(/&quot;|&#34;/g, '"').trim() };
  });
}
