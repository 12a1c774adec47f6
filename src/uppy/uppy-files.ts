import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { kindFor, UploadProtocol, UploadTargets, type UploadRequest } from '../direct-uploads/index.js';

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

  /** Throws `UnknownFileKindError`, `KindNotDirectError`. What the kind does not know is left out. */
  toRequest({ filename, metadata, actor }: UppyFile): UploadRequest {
    const told = textsOf(metadata);
    const kind = kindFor({ kind: told['kind'], sessionId: told['sessionId'] }, actor);
    const names = this.targets.parameterNames(kind);
    const sizeBytes = Number(told['size']);
    return {
      protocol: UploadProtocol.Uppy,
      kind,
      filename,
      actor,
      parameters: Object.fromEntries(Object.entries(told).filter(([name]) => names.includes(name))),
      ...(Number.isSafeInteger(sizeBytes) && sizeBytes > 0 && { sizeBytes }),
    };
  }
}

/** `metadata[...]` of a query, in which nothing is nested. */
export function metadataOf(query: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => {
      const inner = /^metadata\[([^[\]]+)\]$/.exec(name)?.[1];
      return inner === undefined ? [] : [[inner, value]];
    }),
  );
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
