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

/** The Content-Disposition with which content is served: active types are only ever saved, and so is what nothing is said of. */
export function safeDisposition(contentType: string, asked = 'attachment'): string {
  return isActiveType(contentType) ? asked.replace(/^[^;]*/, 'attachment') : asked;
}
