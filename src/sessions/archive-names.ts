import { splitExtension } from '../storage/index.js';

const MAX_NAME_BYTES = 200;
const MAX_EXTENSION_BYTES = 20;

/** What Windows takes for a device, whatever the extension; the superscripts count as their digits there. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:$|[ .])/i;
const UNSAFE = /[\u0000-\u001f\u007f<>:"/\\|?*]/g;

/**
 * Names for the files of an archive that every system can unpack: no path but the folder given here, no device's name, none
 * twice, also where case is folded.
 */
export class ArchiveNames {
  private readonly taken = new Set<string>();
  /** The number given last, so that a thousand files of one name cost a thousand steps. */
  private readonly last = new Map<string, number>();

  /** The path of a file called `name`, in `folder`. */
  take(folder: string, name: string): string {
    const plain = `${folder}/${safeName(name)}`;
    if (this.claim(plain)) return plain;
    const { stem, extension } = splitExtension(plain);
    for (let number = (this.last.get(folded(plain)) ?? 1) + 1; ; number += 1) {
      const numbered = `${stem} (${number})${extension}`;
      if (!this.claim(numbered)) continue;
      this.last.set(folded(plain), number);
      return numbered;
    }
  }

  private claim(path: string): boolean {
    const key = folded(path);
    if (this.taken.has(key)) return false;
    this.taken.add(key);
    return true;
  }
}

function folded(path: string): string {
  return path.normalize('NFC').toUpperCase().toLowerCase();
}

/** One path segment that any file system takes. */
function safeName(name: string): string {
  const { stem, extension } = splitExtension(name.normalize('NFC').toWellFormed().replace(UNSAFE, '_'));
  const tail = cut(extension, MAX_EXTENSION_BYTES);
  // Windows drops dots and blanks at the end, and would find another name than was written.
  const whole = (cut(stem, MAX_NAME_BYTES - Buffer.byteLength(tail)) + tail).replace(/[. ]+$/, '').trimStart();
  if (whole === '') return 'file';
  return RESERVED.test(whole) ? `_${whole}` : whole;
}

/** At most so many bytes of UTF-8, in whole characters. */
function cut(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}
