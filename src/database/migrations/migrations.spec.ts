import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrations } from './index.js';

describe('migrations', () => {
  it('lists every migration of the folder, under the name of its file', () => {
    const files = readdirSync(dirname(fileURLToPath(import.meta.url)))
      .filter((name) => /^Migration.*\.ts$/.test(name))
      .map((name) => name.replace(/\.ts$/, ''))
      .sort();
    expect(migrations.map(({ name }) => name)).toEqual(files);
  });
});
