import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { kindFor, UploadProtocol, UploadTargets, type UploadRequest } from '../direct-uploads/index.js';
import { InvalidUppyRequestError } from './uppy.errors.js';

/** What Uppy writes where a file has nothing of the name. */
const NOTHING: ReadonlySet<string> = new Set(['', 'null', 'undefined']);

/** A file as Uppy describes it. */
export interface UppyFile {
  readonly filename: string;
  /** The app's own, among what Uppy adds by itself. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly actor: Actor;
}

/** Reads from what Uppy says of a file which kind it is of, and what is asked of that kind. */
@Injectable()
export class UppyFiles {
  constructor(private readonly targets: UploadTargets) {}

  /** Throws `UnknownFileKindError`, `KindNotDirectError`, `InvalidUppyRequestError`. What the kind does not know is left out. */
  toRequest({ filename, metadata, actor }: UppyFile): UploadRequest {
    assertTexts(metadata, ['kind', 'size', 'sessionId']);
    const told = textsOf(metadata);
    const kind = kindFor({ kind: told['kind'], sessionId: told['sessionId'] }, actor);
    const names = this.targets.parameterNames(kind);
    assertTexts(metadata, names);
    const sizeBytes = sizeOf(told['size']);
    return {
      protocol: UploadProtocol.Uppy,
      kind,
      filename,
      actor,
      parameters: Object.fromEntries(Object.entries(told).filter(([name]) => names.includes(name))),
      ...(sizeBytes !== undefined && { sizeBytes }),
    };
  }
}

/** `metadata[...]` of a query. What is nested deeper is no text, and is seen to be none. */
export function metadataOf(query: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => {
      const [, inner, deeper] = /^metadata\[([^[\]]+)\](.*)$/.exec(name) ?? [];
      return inner === undefined ? [] : [[inner, deeper === '' ? value : [value]]];
    }),
  );
}

/** What is of no use where it stands is said to be so: left out in silence, the file would go elsewhere. */
function assertTexts(metadata: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  for (const name of names) {
    const value = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
    if (value != null && typeof value !== 'string' && typeof value !== 'number')
      throw new InvalidUppyRequestError(`${name} must be text`);
  }
}

/** Uppy does not know every size. */
function sizeOf(told: string | undefined): number | undefined {
  if (told === undefined) return undefined;
  const sizeBytes = /^[0-9]+$/.test(told) ? Number(told) : 0;
  if (sizeBytes < 1 || !Number.isSafeInteger(sizeBytes))
    throw new InvalidUppyRequestError('size must be a whole number of bytes, 1 at least');
  return sizeBytes;
}

function textsOf(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(metadata)
      .map(([name, value]) => [name, typeof value === 'number' ? String(value) : value] as const)
      .filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string' && !NOTHING.has(entry[1]))
      // Uppy's own `type` is the media type; a kind's is a word.
      .filter(([name, value]) => name !== 'type' || !value.includes('/')),
  );
}
