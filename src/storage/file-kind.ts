import type { FormatFamily } from './file-formats.js';
import { KeyTemplate, type KeyParameters, type ParsedKey } from './key-template.js';

/**
 * What happens when a name is taken. `suffix`: the next file gets `-2`, `-3`, ... `place`: the name is a place, and the file
 * becomes its current revision. `version`: the server numbers versions, in the placeholder `{version}`.
 */
export type IfTaken = 'suffix' | 'place' | 'version';

/** How long a kind lives and how it is tiered; lifecycle rules are derived from it. */
export const RetentionClass = {
  Original: 'original',
  Result: 'result',
  Document: 'document',
  Picture: 'picture',
  Temporary: 'temporary',
  Backup: 'backup',
  Log: 'log',
} as const;
export type RetentionClass = (typeof RetentionClass)[keyof typeof RetentionClass];

/** Another file of the same kind, beside the main one: a thumbnail, the citations of a charter. */
export interface FileVariantDeclaration {
  /** Holds the placeholders of the kind's template and no others. */
  readonly keyTemplate: string;
  /** Extensions, with their dot. */
  readonly accepts: readonly `.${string}`[];
  /** Bytes; the kind's limit where absent. */
  readonly maxSizeBytes?: number;
}

export interface FileKindDeclaration {
  /** Kebab-case, unique: `session-original`. */
  readonly name: string;
  /** See `KeyTemplate`. */
  readonly keyTemplate: string;
  readonly ifTaken: IfTaken;
  /** Families whose extensions configuration lists, or extensions of the kind's own (with their dot). */
  readonly accepts: readonly (FormatFamily | `.${string}`)[];
  /**
   * What senders may give where the service makes the stored file out of it: those of the extensions that configuration allows
   * for the family. `accepts` is then what is made.
   */
  readonly madeFrom?: { readonly family: FormatFamily; readonly extensions: readonly `.${string}`[] };
  /** Which one of `accepts`' families counts for these parameters; all of them without. */
  readonly familyOf?: (parameters: KeyParameters) => FormatFamily;
  /** Bytes; MAX_FILE_SIZE_MB where absent. */
  readonly maxSizeBytes?: number;
  readonly retentionClass: RetentionClass;
  /** Whether links may be handed out. */
  readonly linkable: boolean;
  /** Files that come, go and are replaced together with the main one, by name. */
  readonly variants?: Readonly<Record<string, FileVariantDeclaration>>;
  /** Keys that earlier writers of the bucket built: recognised, never built. */
  readonly legacyTemplates?: readonly string[];
}

export interface FileVariant {
  readonly name: string;
  readonly template: KeyTemplate;
  readonly accepts: readonly string[];
  readonly maxSizeBytes: number | undefined;
}

/** What a key of this kind says. */
export interface ParsedKindKey extends ParsedKey {
  /** Absent for the main file. */
  readonly variant?: string;
  /** Built by a template that is no longer in use. */
  readonly legacy?: true;
}

/** One kind of file: the single source of where it lies, what is accepted, how long it lives and who may get a link. */
export class FileKind {
  readonly name: string;
  readonly template: KeyTemplate;
  readonly ifTaken: IfTaken;
  readonly accepts: readonly string[];
  readonly madeFrom: FileKindDeclaration['madeFrom'];
  readonly maxSizeBytes: number | undefined;
  readonly retentionClass: RetentionClass;
  readonly linkable: boolean;
  readonly variants: readonly FileVariant[];
  readonly legacyTemplates: readonly KeyTemplate[];
  private readonly narrow: ((parameters: KeyParameters) => FormatFamily) | undefined;

  constructor(declaration: FileKindDeclaration) {
    this.name = declaration.name;
    const numbered = declaration.ifTaken === 'suffix';
    this.template = new KeyTemplate(declaration.keyTemplate, numbered);
    this.ifTaken = declaration.ifTaken;
    this.accepts = declaration.accepts;
    this.madeFrom = declaration.madeFrom;
    this.maxSizeBytes = declaration.maxSizeBytes;
    this.retentionClass = declaration.retentionClass;
    this.linkable = declaration.linkable;
    this.narrow = declaration.familyOf;
    this.variants = Object.entries(declaration.variants ?? {}).map(
      ([name, { keyTemplate, accepts, maxSizeBytes }]) => ({
        name,
        template: new KeyTemplate(keyTemplate, numbered),
        accepts,
        maxSizeBytes: maxSizeBytes ?? declaration.maxSizeBytes,
      }),
    );
    for (const { name, template } of this.variants) {
      if ([...template.placeholders].sort().join() !== [...this.template.placeholders].sort().join())
        throw new Error(`${declaration.name}: the key of ${name} must hold the placeholders of the main key`);
    }
    if ((this.ifTaken === 'version') !== this.template.placeholders.includes('version'))
      throw new Error(`${declaration.name}: {version} belongs to kinds whose versions the server numbers`);
    this.legacyTemplates = (declaration.legacyTemplates ?? []).map((text) => new KeyTemplate(text, false));
  }

  /** The variant of this name; throws when the kind has none, which is a programmer's error. */
  variant(name: string): FileVariant {
    const variant = this.variants.find((candidate) => candidate.name === name);
    if (variant === undefined) throw new Error(`${this.name} has no variant called ${name}`);
    return variant;
  }

  /** What a key says, or undefined when no template of this kind built it. A revision's key is read as its place's. */
  parse(key: string): ParsedKindKey | undefined {
    const plain = this.ifTaken === 'place' ? placeKeyOf(key) : key;
    const main = this.template.parse(plain);
    if (main !== undefined) return main;
    for (const { name, template } of this.variants) {
      const parsed = template.parse(plain);
      if (parsed !== undefined) return { ...parsed, variant: name };
    }
    for (const template of this.legacyTemplates) {
      const parsed = template.parse(plain);
      if (parsed !== undefined) return { ...parsed, legacy: true };
    }
    return undefined;
  }

  /** The family a file with these parameters must be of, where the kind has several. */
  familyFor(parameters: KeyParameters): FormatFamily | undefined {
    return this.narrow?.(parameters);
  }
}

/** Where the revisions of a place lie: `{folder}/.revisions/{revisionId}/{name}`. */
export function revisionKey(placeKey: string, revisionId: string): string {
  const slash = placeKey.lastIndexOf('/') + 1;
  return `${placeKey.slice(0, slash)}.revisions/${revisionId}/${placeKey.slice(slash)}`;
}

/** The place's own key that a revision's key belongs to; a key that is no revision's is its own. */
export function placeKeyOf(key: string): string {
  return key.replace(/\.revisions\/[0-9a-f-]{36}\/([^/]+)$/, '$1');
}
