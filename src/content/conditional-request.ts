/** Request headers by their names in lower case, as Node.js gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a condition is about: the content as it is now. */
export interface CurrentContent {
  /** Without quotes; strong. */
  readonly etag: string;
  readonly lastModified: Date;
}

export type ConditionVerdict = 'proceed' | 'not-modified' | 'failed';

/** Evaluates the conditions of a GET or HEAD in the order of RFC 9110, section 13.2.2. */
export function evaluateConditions(headers: RequestHeaders, current: CurrentContent): ConditionVerdict {
  const ifMatch = headerOf(headers, 'if-match');
  if (ifMatch !== undefined) {
    if (!entityTagMatches(ifMatch, { etag: current.etag, comparison: 'strong' })) return 'failed';
  } else if (isModifiedSince(headerOf(headers, 'if-unmodified-since'), current) === true) return 'failed';

  const ifNoneMatch = headerOf(headers, 'if-none-match');
  if (ifNoneMatch !== undefined)
    return entityTagMatches(ifNoneMatch, { etag: current.etag, comparison: 'weak' }) ? 'not-modified' : 'proceed';
  return isModifiedSince(headerOf(headers, 'if-modified-since'), current) === false ? 'not-modified' : 'proceed';
}

/** Whether a Range header counts: only when If-Range, where there is one, names the content as it is now. */
export function rangeCounts(headers: RequestHeaders, current: CurrentContent): boolean {
  const ifRange = headerOf(headers, 'if-range');
  if (ifRange === undefined) return true;
  if (ifRange.includes('"')) return ifRange === `"${current.etag}"`;
  return Date.parse(ifRange) === wholeSeconds(current.lastModified);
}

/** A header's one value; several lines of it count as a list. */
export function headerOf(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}

/** Whether a list of entity tags (If-Match: strong, If-None-Match: weak) names this one, given without quotes; `*` names any. */
export function entityTagMatches(
  list: string,
  { etag, comparison }: { readonly etag: string; readonly comparison: 'strong' | 'weak' },
): boolean {
  if (list.trim() === '*') return true;
  const tags = [...list.matchAll(/(W\/)?"([^"]*)"/g)];
  return tags.some(([, weak, tag]) => tag === etag && (weak === undefined || comparison === 'weak'));
}

/** Undefined where the header is absent or no date, and so to be ignored. */
function isModifiedSince(header: string | undefined, { lastModified }: CurrentContent): boolean | undefined {
  const since = Date.parse(header ?? '');
  return Number.isNaN(since) ? undefined : wholeSeconds(lastModified) > since;
}

/** HTTP's dates have whole seconds. */
function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}
