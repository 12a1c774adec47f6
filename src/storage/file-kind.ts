import type { FormatFamily } from './file-formats.js';
import { KeyTemplate, type KeyParameters } from './key-template.js';

/**
 * What happens when a name is taken. `suffix`: the next file gets `-2`, `-3`, ... `place`: the name is a place, and the file
 * becomes its current revision. `version`: the server numbers versions.
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

export interface FileKindDeclaration {
  /** Kebab-case, unique: `session-original`. */
  readonly name: string;
  /** See `KeyTemplate`. */
  readonly keyTemplate: string;
  readonly ifTaken: IfTaken;
  /** Families whose extensions configuration lists, or extensions of the kind's own (with their dot). */
  readonly accepts: readonly (FormatFamily | `.${string}`)[];
  /** Which one of `accepts`' families counts for these parameters; all of them without. */
  readonly familyOf?: (parameters: KeyParameters) => FormatFamily;
  /** Bytes; MAX_FILE_SIZE_MB where absent. */
  readonly maxSizeBytes?: number;
  readonly retentionClass: RetentionClass;
  /** Whether links may be handed out. */
  readonly linkable: boolean;
}

/** One kind of file: the single source of where it lies, what is accepted, how long it lives and who may get a link. */
export class FileKind {
  readonly name: string;
  readonly template: KeyTemplate;
  readonly ifTaken: IfTaken;
  readonly accepts: readonly string[];
  readonly maxSizeBytes: number | undefined;
  readonly retentionClass: RetentionClass;
  readonly linkable: boolean;
  private readonly narrow: ((parameters: KeyParameters) => FormatFamily) | undefined;

  constructor(declaration: FileKindDeclaration) {
    this.name = declaration.name;
    this.template = new KeyTemplate(declaration.keyTemplate, declaration.ifTaken === 'suffix');
    this.ifTaken = declaration.ifTaken;
    this.accepts = declaration.accepts;
    this.maxSizeBytes = declaration.maxSizeBytes;
    this.retentionClass = declaration.retentionClass;
    this.linkable = declaration.linkable;
    this.narrow = declaration.familyOf;
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
