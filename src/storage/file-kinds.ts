import { Inject, Injectable } from '@nestjs/common';
import { contentTypeOf, FormatFamily, KNOWN_EXTENSIONS, matchFormat } from './file-formats.js';
import type { FileKind, ParsedKindKey } from './file-kind.js';
import type { KeyParameters } from './key-template.js';
import { storageConfig, type StorageConfig } from './storage.config.js';
import { TypeNotAcceptedError, UnknownFileKindError } from './file-kinds.errors.js';

/** What a kind takes under the present configuration. */
export interface Acceptance {
  /** With their dot, in lower case. */
  readonly extensions: readonly string[];
  readonly contentTypes: readonly string[];
  readonly maxSizeBytes: number;
}

/** Where a file is to go. */
export interface FileDestination {
  readonly kind: FileKind;
  readonly parameters: KeyParameters;
  readonly variant?: string;
}

export interface RecognisedFile {
  /** Of its name, as `extensionOf` gives it. */
  readonly extension: string;
  /** Media type found in the bytes. */
  readonly foundType: string;
}

/** Every kind of file that some module has declared. */
@Injectable()
export class FileKinds {
  private readonly kinds = new Map<string, FileKind>();

  constructor(@Inject(storageConfig.KEY) private readonly config: StorageConfig) {}

  /** Called by `StorageModule.forFeature`. Two kinds of one name stop the start. */
  register(kinds: readonly FileKind[]): void {
    for (const kind of kinds) {
      const known = this.kinds.get(kind.name);
      if (known !== undefined && known !== kind) throw new Error(`Two file kinds are called ${kind.name}`);
      this.kinds.set(kind.name, kind);
    }
  }

  get all(): readonly FileKind[] {
    return [...this.kinds.values()];
  }

  get(name: string): FileKind {
    const kind = this.kinds.get(name);
    if (kind === undefined) throw new UnknownFileKindError(name);
    return kind;
  }

  /** Which kind an object of this key is of, and what the key says; undefined for a key that no kind builds or built. */
  parse(key: string): (ParsedKindKey & { readonly kind: FileKind }) | undefined {
    let legacy: (ParsedKindKey & { readonly kind: FileKind }) | undefined;
    for (const kind of this.kinds.values()) {
      const parsed = kind.parse(key);
      if (parsed === undefined) continue;
      // What is built today counts before what was built once.
      if (parsed.legacy !== true) return { kind, ...parsed };
      legacy ??= { kind, ...parsed };
    }
    return legacy;
  }

  /** What the kind takes: for these parameters, or in all when none are given; of a variant, what that takes. */
  acceptance({ kind, parameters, variant }: Pick<FileDestination, 'kind'> & Partial<FileDestination>): Acceptance {
    const family = parameters && kind.familyFor(parameters);
    const part = variant === undefined ? undefined : kind.variant(variant);
    const accepted = part?.accepts ?? (family === undefined ? kind.accepts : [family]);
    const entries = accepted.flatMap((entry) => {
      const asFamily = isFamily(entry) ? entry : undefined;
      const extensions = asFamily === undefined ? [entry] : this.config.allowedExtensions[asFamily];
      return extensions
        .filter((extension) => KNOWN_EXTENSIONS.includes(extension))
        .map((extension) => ({ extension, contentType: contentTypeOf(extension, asFamily) ?? '' }));
    });
    return {
      extensions: [...new Set(entries.map((entry) => entry.extension))],
      contentTypes: [...new Set(entries.map((entry) => entry.contentType))],
      maxSizeBytes: (part ?? kind).maxSizeBytes ?? this.config.maxFileSizeBytes,
    };
  }

  /** What senders may give: what the kind takes, or what its files are made from. */
  sendable(kind: FileKind): Acceptance {
    const { madeFrom } = kind;
    const acceptance = this.acceptance({ kind });
    if (madeFrom === undefined) return acceptance;
    const allowed = this.config.allowedExtensions[madeFrom.family];
    const extensions = madeFrom.extensions.filter((extension) => allowed.includes(extension));
    const contentTypes = extensions.map((extension) => contentTypeOf(extension, madeFrom.family) ?? '');
    return {
      extensions,
      contentTypes: [...new Set(contentTypes)],
      maxSizeBytes: Math.min(acceptance.maxSizeBytes, this.config.maxFileSizeBytes),
    };
  }

  /** Throws `TypeNotAcceptedError` when the kind's files are not made from this, or extension and bytes do not go together. */
  assertSendable(kind: FileKind, file: RecognisedFile): void {
    const { extensions } = this.sendable(kind);
    if (!extensions.includes(file.extension) || matchFormat(file.extension, file.foundType) === undefined)
      throw new TypeNotAcceptedError({ ...file, accepted: extensions });
  }

  /** What a file of this name will be stored as, its bytes unseen. Throws `TypeNotAcceptedError`. */
  announcedType(destination: FileDestination, extension: string): string {
    const { extensions } = this.acceptance(destination);
    const family = destination.kind.familyFor(destination.parameters);
    const contentType = extensions.includes(extension) ? contentTypeOf(extension, family) : undefined;
    if (contentType === undefined) throw new TypeNotAcceptedError({ extension, accepted: extensions });
    return contentType;
  }

  /** The content type to store, or `TypeNotAcceptedError` when extension or bytes are not what is taken there. */
  contentType(destination: FileDestination, file: RecognisedFile): string {
    const { extensions } = this.acceptance(destination);
    const contentType = extensions.includes(file.extension)
      ? matchFormat(file.extension, file.foundType, destination.kind.familyFor(destination.parameters))
      : undefined;
    if (contentType === undefined) throw new TypeNotAcceptedError({ ...file, accepted: extensions });
    return contentType;
  }
}

function isFamily(entry: string): entry is FormatFamily {
  return (Object.values(FormatFamily) as string[]).includes(entry);
}
