/** HTML, XHTML, SVG, XML and all that is written in it; and the type by which one answer replaces another in the page. */
const ACTIVE = /^(?:text\/html|text\/xsl|multipart\/x-mixed-replace|[^/]+\/xml|[^/]+\/[^/]+\+xml)$/;

/** Whether a browser would run what a file of this type holds, in the name of whoever serves it. */
export function isActiveType(contentType: string): boolean {
  // A browser takes the last of several types in one header.
  return contentType
    .toLowerCase()
    .split(/[;,]/)
    .some((type) => ACTIVE.test(type.trim()));
}

/** The Content-Type with which content is served: text is UTF-8, as it was seen to be when it came. */
export function servedType(contentType: string): string {
  return /^text\//i.test(contentType) && !/;\s*charset=/i.test(contentType)
    ? `${contentType}; charset=utf-8`
    : contentType;
}

/** The Content-Disposition with which content is served: active types are only ever saved, and so is what nothing is said of. */
export function safeDisposition(contentType: string, asked = 'attachment'): string {
  return isActiveType(contentType) ? asked.replace(/^[^;]*/, 'attachment') : asked;
}

/**
 * The Content-Security-Policy with which content is served: no scripts, and not our origin. A browser that opens sound or a film
 * makes a page around it that loads it once more, from its own origin; there is still nothing in it that could run.
 */
export function safePolicy(contentType: string): string {
  return /^(?:audio|video)\/[\w.+-]+$/.test(contentType) && !isActiveType(contentType)
    ? "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox allow-same-origin"
    : "default-src 'none'; sandbox";
}
