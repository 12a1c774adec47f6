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

/** RFC 8187, section 3.2.1: everything but `attr-char` is percent-encoded. */
function extendedValue(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
