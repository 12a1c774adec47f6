import { read } from './sources.js';

/** A block of code of docs/extending.md. */
export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

/** The blocks of code of docs/extending.md, in order. */
export function codeBlocks(): readonly CodeBlock[] {
  const page = read('docs/extending.md');
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }));
}

/** The only block of this language. */
export function onlyBlock(language: string): string {
  const [block, ...others] = codeBlocks().filter((one) => one.language === language);
  if (block === undefined || others.length > 0) throw new Error(`docs/extending.md must have one block of ${language}`);
  return block.text;
}

/** A text with a diff applied to it; each hunk must fit in one place. */
export function applyDiff(text: string, diff: string): string {
  const [, ...hunks] = diff.split(/^@@.*\n/m);
  return hunks.reduce((changed, hunk) => {
    const lines = hunk.split('\n').slice(0, -1);
    const before = side(lines, '-');
    if (changed.split(before).length !== 2) throw new Error(`This does not fit in one place:\n${before}`);
    return changed.replace(before, () => side(lines, '+'));
  }, text);
}

function side(lines: readonly string[], mark: '-' | '+'): string {
  const kept = lines.filter((line) => line.startsWith(' ') || line.startsWith(mark));
  return kept.map((line) => `${line.slice(1)}\n`).join('');
}
