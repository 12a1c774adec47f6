import 'reflect-metadata';
import { bucketLayoutPage } from '../../src/bucket-layout.js';
import { declaredKinds } from '../support/file-kinds.js';
import { read } from './sources.js';

describe('docs/bucket-layout.md', () => {
  it('is what `npm run layout` writes', async () => {
    expect(read('docs/bucket-layout.md')).toBe(bucketLayoutPage(await declaredKinds()));
  });
});
