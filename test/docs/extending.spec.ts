import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { applyDiff, codeBlocks, onlyBlock } from './extending-page.js';
import { read } from './sources.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const EXCERPTS = codeBlocks()
  .filter(({ language }) => language === 'ts')
  .map(({ text }) => {
    const [, file = '', code = ''] = /^\/\/ (\S+)\n([\s\S]*)$/.exec(text) ?? [];
    return { file, code };
  });

describe('docs/extending.md', () => {
  it('shows every part of the example', () => {
    const parts = globSync('examples/captions/*.{module,entity,controller,step,errors}.ts', { cwd: ROOT });
    expect(parts.length).toBeGreaterThan(4);
    const shown = EXCERPTS.map(({ file }) => file);
    expect(parts.filter((file) => !shown.includes(file))).toEqual([]);
  });

  it.each(EXCERPTS)('has of $file what stands there', ({ file, code }) => {
    expect(code.length).toBeGreaterThan(40);
    expect(read(file)).toContain(code);
  });

  it('changes src/app.module.ts by two lines: one import, one entry', () => {
    const module = read('src/app.module.ts');
    const lines = new Set(module.split('\n'));
    const added = applyDiff(module, onlyBlock('diff'))
      .split('\n')
      .filter((line) => !lines.has(line));
    expect(added).toEqual([
      expect.stringMatching(/^import \{ CaptionsModule \} from '\.\/captions\/index\.js';$/),
      '  CaptionsModule,',
    ]);
  });
});
