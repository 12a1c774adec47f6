import { Transform } from 'class-transformer';

/** Reads `true/false`, `1/0`, `yes/no`, `on/off`; anything else is left for the validator to refuse. */
export function ToBoolean(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string') return value;
    const word = value.trim().toLowerCase();
    if (['true', '1', 'yes', 'on'].includes(word)) return true;
    if (['false', '0', 'no', 'off'].includes(word)) return false;
    return value;
  });
}

/** Reads a list of words separated by commas or blanks. */
export function ToList(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? words(value) : value));
}

/** Reads a list of file extensions: commas or blanks, dot optional, any case. `.WAV mp3` gives `['.wav', '.mp3']`. */
export function ToExtensions(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? words(value).map((word) => `.${word.replace(/^\./, '').toLowerCase()}`) : value,
  );
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
