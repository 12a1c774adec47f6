import { join } from 'node:path';
import { LocalFolderWindows } from './local-folder-windows.js';
import { firstStep, fromBytes, stepsOf, toBytes, type FolderStep } from './local-key-paths.js';

/** A key that is there, and where. */
export interface KeyEntry {
  readonly key: string;
  readonly path: string;
}

/** Which keys: those that begin with a prefix, from a key on. */
export interface KeyRange {
  readonly prefix?: string | undefined;
  /** Left out itself. */
  readonly after?: string | undefined;
  /** Left in, when it is there. */
  readonly from?: string | undefined;
}

interface Folder {
  readonly path: string;
  /** What all keys in it begin with. */
  readonly bytes: string;
}

/** Reads the keys below a root folder in the order of their UTF-8 bytes, holding only a window of each folder on the way. */
export class LocalKeyTree {
  constructor(
    private readonly root: string,
    private readonly windows = new LocalFolderWindows(),
  ) {}

  async *keys({ prefix = '', after, from = '' }: KeyRange): AsyncGenerator<KeyEntry> {
    // No key has a zero byte: the first string behind a key is the key and one of them.
    const first = after === undefined ? toBytes(from) : `${toBytes(after)}\0`;
    const { folders, rest } = stepsOf(toBytes(prefix));
    const folder = folders.reduce(into, { path: this.root, bytes: '' });
    const start = startWithin(folder.bytes, first);
    if (start !== undefined) yield* this.below(folder, rest, start);
  }

  /** Keys in a folder whose rest begins with `prefix` and is `from` or greater. */
  private async *below(folder: Folder, prefix: string, from: string): AsyncGenerator<KeyEntry> {
    const step = firstStep(from);
    // The folder in which `from` lies sorts before `from`, and what follows in it comes first.
    if (step && step.bytes.length < from.length && step.bytes.startsWith(prefix)) {
      yield* this.below(into(folder, step), '', from.slice(step.bytes.length));
    }
    for await (const entry of this.windows.entries(folder.path, from > prefix ? from : prefix)) {
      if (!entry.bytes.startsWith(prefix)) return;
      const next = into(folder, entry);
      if (entry.kind === 'object') yield { key: fromBytes(next.bytes), path: next.path };
      else yield* this.below(next, '', '');
    }
  }
}

function into(folder: Folder, step: FolderStep): Folder {
  return { path: join(folder.path, step.name), bytes: folder.bytes + step.bytes };
}

/** Where to begin in a folder, so as to begin at `first` in the whole; undefined when all of the folder comes before. */
function startWithin(folder: string, first: string): string | undefined {
  if (first <= folder) return '';
  return first.startsWith(folder) ? first.slice(folder.length) : undefined;
}
