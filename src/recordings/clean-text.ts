/** Controls, halves of characters, and the marks that turn the direction of what follows them. */
const UNSAFE = /[\p{Cc}\p{Cs}\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]+/gu;

/**
 * Text from a hostile file, fit to be stored and shown: runs of control characters become one blank, and no character is
 * cut in half. `maxLength` counts characters.
 */
export function cleanText(text: string, maxLength: number): string {
  // Cut first, so that the work is bounded whatever the length; two units a character is the most that can count.
  const bounded = text.slice(0, maxLength * 2);
  return Array.from(bounded.replace(UNSAFE, ' ').trim()).slice(0, maxLength).join('').trim();
}
