/** The bare type: clients of S3 look for it without a charset. */
export const XML = 'application/xml';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Texts as elements, in their order. */
export function xmlElements(texts: Readonly<Record<string, string | number>>): string {
  return Object.entries(texts)
    .map(([tag, text]) => `<${tag}>${String(text).replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign)}</${tag}>`)
    .join('');
}

/** A document around elements that are XML already. */
export function xmlDocument(name: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}>${content}</${name}>`;
}
