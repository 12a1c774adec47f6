/** What a Range header asks for, of content of a known size. */
export type RangeVerdict =
  /** No range, or one to be ignored (RFC 9110, section 14.2): several ranges, another unit, nonsense. */
  | { readonly kind: 'whole' }
  /** Inclusive, and within the content. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeVerdict = { kind: 'whole' };
const SINGLE_RANGE = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/** Reads a Range header. Of several ranges the whole is served, which every client takes. */
export function parseRange(header: string | undefined, sizeBytes: number): RangeVerdict {
  const [, first, last] = SINGLE_RANGE.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return WHOLE;
  if (first === '') return suffix(Number(last), sizeBytes);
  // Of any length, as the grammar has them: only those within the content have to be exact as numbers.
  if (last !== '' && BigInt(last) < BigInt(first)) return WHOLE;
  const start = Number(first);
  if (start >= sizeBytes) return { kind: 'unsatisfiable' };
  return { kind: 'part', start, end: last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1) };
}

function suffix(length: number, sizeBytes: number): RangeVerdict {
  if (length === 0 || sizeBytes === 0) return { kind: 'unsatisfiable' };
  return { kind: 'part', start: Math.max(0, sizeBytes - length), end: sizeBytes - 1 };
}
