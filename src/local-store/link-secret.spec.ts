import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOrMakeSecret } from './link-secret.js';

describe('the secret of links', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'link-secret-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('is made once, for its owner alone', async () => {
    const path = join(folder, 'data', 'link-secret');
    const secret = await readOrMakeSecret(path);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(await readOrMakeSecret(path)).toBe(secret);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is one for all that start at once', async () => {
    const path = join(folder, 'link-secret');
    const secrets = await Promise.all(Array.from({ length: 8 }, () => readOrMakeSecret(path)));
    expect(new Set(secrets).size).toBe(1);
    expect(await readdir(folder)).toEqual(['link-secret']);
  });

  it('is not made anew over an empty file, whose secret links may have been signed with', async () => {
    const path = join(folder, 'link-secret');
    await writeFile(path, '\n');
    await expect(readOrMakeSecret(path)).rejects.toThrow('is empty');
  });
});
