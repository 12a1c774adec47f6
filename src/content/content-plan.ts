import type { Readable } from 'node:stream';
import { evaluateConditions, headerOf, rangeCounts, type RequestHeaders } from './conditional-request.js';
import { parseRange } from './http-range.js';
import { safeDisposition, safePolicy } from './safe-delivery.js';
import { type ObjectInfo, PreconditionFailedError } from '../object-storage/index.js';

export interface ContentRequest {
  readonly method: string;
  readonly headers: RequestHeaders;
}

/** What the answer says besides the object's own facts. */
export interface ContentPresentation {
  /** In place of the object's. */
  readonly contentType?: string | undefined;
  /** Active types are served as attachment whatever this says; so is all else where it is absent. */
  readonly contentDisposition?: string | undefined;
  /** `private` where absent. */
  readonly cacheControl?: string | undefined;
}

export type SentContent = Pick<ObjectInfo, 'sizeBytes' | 'etag' | 'lastModified' | 'contentType'>;

/** How to answer a GET or HEAD of an object: headers, and which bytes follow. */
export interface ContentPlan {
  readonly kind: 'whole' | 'part' | 'not-modified' | 'unsatisfiable';
  readonly headers: Readonly<Record<string, string>>;
  /** Inclusive; absent where no bytes follow: for HEAD, 304, 416 and empty content. */
  readonly range?: { readonly start: number; readonly end: number };
}

/** A plan, and the bytes of its range where it has one. */
export interface PlannedContent {
  readonly plan: ContentPlan;
  readonly body?: Readable;
}

/**
 * Decides how content is served: conditions first, then the range (RFC 9110, section 13.2.2). Throws
 * `PreconditionFailedError`.
 */
export function planContent(
  request: ContentRequest,
  content: SentContent,
  presentation: ContentPresentation = {},
): ContentPlan {
  const headers = {
    ETag: `"${content.etag}"`,
    'Last-Modified': content.lastModified.toUTCString(),
    'Cache-Control': presentation.cacheControl ?? 'private',
    'Accept-Ranges': 'bytes',
  };
  const verdict = evaluateConditions(request.headers, content);
  if (verdict === 'failed') throw new PreconditionFailedError();
  if (verdict === 'not-modified') return { kind: 'not-modified', headers };

  const { contentType = content.contentType, contentDisposition } = presentation;
  const described = {
    ...headers,
    'Content-Type': contentType,
    'Content-Disposition': safeDisposition(contentType, contentDisposition),
    // What people sent in is shown, never run: not as another type than stated, and without scripts or our origin.
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': safePolicy(contentType),
  };
  const { sizeBytes } = content;
  const asked = askedRange(request, content);
  if (asked.kind === 'unsatisfiable') return { kind: asked.kind, headers: { 'Content-Range': `bytes */${sizeBytes}` } };
  const range = asked.kind === 'part' ? { start: asked.start, end: asked.end } : { start: 0, end: sizeBytes - 1 };
  const length = range.end - range.start + 1;
  return {
    kind: asked.kind,
    headers: {
      ...described,
      'Content-Length': String(length),
      ...(asked.kind === 'part' && { 'Content-Range': `bytes ${range.start}-${range.end}/${sizeBytes}` }),
    },
    ...(length > 0 && request.method !== 'HEAD' && { range }),
  };
}

/** Ranges are defined for GET alone (RFC 9110, section 14.2). */
function askedRange({ method, headers }: ContentRequest, content: SentContent): ReturnType<typeof parseRange> {
  if (method !== 'GET' || !rangeCounts(headers, content)) return { kind: 'whole' };
  return parseRange(headerOf(headers, 'range'), content.sizeBytes);
}
