import { timingSafeEqual } from 'node:crypto';

export const ALGORITHM = 'CATALYST-HMAC-SHA256';

/** Each of them becomes a header's value, of the request or of the answer (RFC 9110, section 5.5). */
export function assertSendable(values: readonly string[]): void {
  if (!values.every((value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value))) {
    throw new RangeError('A header cannot hold what the link would put into one.');
  }
}

/** In a time that says nothing of where they differ. */
export function sameText(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** A key as it stands in a URL. */
export function encodeKey(key: string): string {
  return key.split('/').map(encode).join('/');
}

/** Percent-encodes all but RFC 3986's unreserved characters, as AWS does. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** As `20250131T235959Z`. */
export function compactDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, '');
}
