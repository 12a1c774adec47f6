const COLOURED = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const BAR_WIDTH = 30;

/** @param {number} code */
function colour(code) {
  return (/** @type {string} */ text) => (COLOURED ? `\u001b[${code}m${text}\u001b[0m` : text);
}

export const bold = colour(1);
export const dim = colour(2);
export const green = colour(32);
export const cyan = colour(36);

/** @param {string} [line] */
export function say(line = '') {
  process.stdout.write(`${line}\n`);
}

/**
 * One line that grows with `update(0 to 1)`. Where the output is no terminal, only its end is printed.
 * @param {string} name
 */
export function progressBar(name) {
  const draw = (/** @type {number} */ share, /** @type {string} */ note) => {
    const filled = Math.round(share * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    return `  ${name.padEnd(10)} ${cyan(bar)} ${String(Math.round(share * 100)).padStart(3)}%  ${dim(note)}`;
  };
  return {
    update(/** @type {number} */ share, note = '') {
      if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${draw(share, note)}`);
    },
    end(note = '') {
      process.stdout.write(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${draw(1, note)}\n`);
    },
  };
}
