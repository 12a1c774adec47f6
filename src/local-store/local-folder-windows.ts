import type { Dir } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { isMissing, onDisk } from './disk-errors.js';
import { readName, type NamedEntry } from './local-key-paths.js';

export type FolderEntry = NamedEntry & { readonly name: string };

/** As many entries of one folder as are held at a time; while scanning, twice as many. */
const WINDOW_ENTRIES = 16_384;
/** Smaller folders are read again as fast as they are looked up. */
const WORTH_KEEPING = 256;
const KEPT_ENTRIES = 3 * WINDOW_ENTRIES;
/** Names that one call to the system asks for; the room for them is freed only when an open folder is collected. */
const NAMES_AT_ONCE = 128;
/**
 * A folder changed so recently may change again without its time of change moving: kernels stamp by the tick, of 10 ms at
 * the most. What is read of it is not kept.
 */
const RACY_NS = 100_000_000n;

interface Stamp {
  readonly inode: bigint;
  readonly changedNs: bigint;
}

interface Window {
  readonly entries: readonly FolderEntry[];
  /** The smallest entry the window would hold. */
  readonly from: string;
  /** Whether nothing follows the last entry. */
  readonly last: boolean;
}

/**
 * The entries of folders in key order, in bounded memory however many there are: a window of the smallest ones from a
 * point on is picked out of the stream of names, and kept while the folder does not change, so that reading on does not scan
 * the folder again for each page.
 */
export class LocalFolderWindows {
  private readonly kept = new Map<string, Window & { readonly stamp: Stamp | undefined }>();

  constructor(private readonly windowEntries = WINDOW_ENTRIES) {}

  /** Entries whose bytes are `from` or greater, in order; none where there is no folder. */
  async *entries(path: string, from: string): AsyncGenerator<FolderEntry> {
    for (let start = from; ;) {
      const window = await this.window(path, start);
      yield* window.entries.slice(firstFrom(window.entries, start));
      const end = window.entries.at(-1);
      if (window.last || !end) return;
      start = `${end.bytes}\0`;
    }
  }

  private async window(path: string, from: string): Promise<Window> {
    const kept = this.kept.get(path);
    // Most folders are small: they are not even asked when they changed.
    const stamp = kept && (await onDisk('list', () => stampOf(path)));
    if (kept && same(kept.stamp, stamp) && covers(kept, from)) {
      this.keep(path, kept);
      return kept;
    }
    const now = BigInt(Date.now()) * 1_000_000n;
    const window = await onDisk('list', () => this.scan(path, from));
    const settled = stamp && now - stamp.changedNs > RACY_NS ? stamp : undefined;
    this.kept.delete(path);
    if (window.entries.length >= Math.min(WORTH_KEEPING, this.windowEntries)) {
      // A folder met for the first time leaves a mark alone, so that it is asked the next time.
      this.keep(
        path,
        settled ? { ...window, stamp: settled } : { entries: [], from: '', last: false, stamp: undefined },
      );
    }
    return window;
  }

  private async scan(path: string, from: string): Promise<Window> {
    let entries: FolderEntry[] = [];
    let bound: string | undefined;
    const take = (name: string): void => {
      const entry = readName(name);
      if (!entry || entry.bytes < from || (bound !== undefined && entry.bytes > bound)) return;
      entries.push({ name, kind: entry.kind, bytes: entry.bytes });
      if (entries.length < 2 * this.windowEntries) return;
      entries = entries.sort(byBytes).slice(0, this.windowEntries);
      bound = entries.at(-1)?.bytes;
    };
    await forEachName(path, take);
    entries.sort(byBytes);
    const last = bound === undefined && entries.length <= this.windowEntries;
    return { entries: last ? entries : entries.slice(0, this.windowEntries), from, last };
  }

  private keep(path: string, window: Window & { readonly stamp: Stamp | undefined }): void {
    this.kept.delete(path);
    this.kept.set(path, window);
    this.forgetSome();
  }

  private forgetSome(): void {
    let held = 0;
    for (const window of this.kept.values()) held += window.entries.length;
    for (const [path, window] of this.kept) {
      if (held <= KEPT_ENTRIES) return;
      held -= window.entries.length;
      this.kept.delete(path);
    }
  }
}

/** Names come in no order; none where there is no folder, or something else stands where one could be. */
async function forEachName(path: string, visit: (name: string) => void): Promise<void> {
  const folder = await openIfThere(path);
  if (!folder) return;
  try {
    for (let first = await folder.read(); first; first = await folder.read()) {
      visit(first.name);
      // The others of the same call are in memory already; a promise for each would take longer than all the rest.
      for (let taken = 1; taken < NAMES_AT_ONCE; taken += 1) {
        const next = folder.readSync();
        if (!next) return;
        visit(next.name);
      }
    }
  } finally {
    folder.closeSync();
  }
}

async function openIfThere(path: string): Promise<Dir | undefined> {
  try {
    return await opendir(path, { bufferSize: NAMES_AT_ONCE });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function stampOf(path: string): Promise<Stamp | undefined> {
  try {
    const { ino, mtimeNs } = await stat(path, { bigint: true });
    return { inode: ino, changedNs: mtimeNs };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function same(one: Stamp | undefined, other: Stamp | undefined): boolean {
  return one !== undefined && one.inode === other?.inode && one.changedNs === other.changedNs;
}

function covers(window: Window, from: string): boolean {
  const end = window.entries.at(-1);
  return window.from <= from && (window.last || (end !== undefined && from <= end.bytes));
}

function byBytes(one: FolderEntry, other: FolderEntry): number {
  return one.bytes < other.bytes ? -1 : one.bytes > other.bytes ? 1 : 0;
}

/** The index of the first entry that is `from` or greater. */
function firstFrom(entries: readonly FolderEntry[], from: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.bytes ?? '') < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
