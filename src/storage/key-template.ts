import { InvalidKeyParameterError } from './file-kinds.errors.js';

/** Values for the placeholders of a template. */
export type KeyParameters = Readonly<Record<string, string>>;

/** What a key says: its parameters, and which of several files of one name it is (absent for the first). */
export interface ParsedKey {
  readonly parameters: KeyParameters;
  /** 2 or more. */
  readonly suffix?: number;
}

/** Identifiers of outside things: sessions, users, documents, quotes. */
export const OUTSIDE_ID = '[A-Za-z0-9][A-Za-z0-9_-]{0,63}';
const TIMESTAMP = '\\d{8}_\\d{6}';
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** What each placeholder may hold. None takes a slash but `date`, so no value can add a path segment. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  type: '(?:audio|video|image|document)',
  sessionId: OUTSIDE_ID,
  documentId: OUTSIDE_ID,
  userId: OUTSIDE_ID,
  stakeholderId: OUTSIDE_ID,
  organizationId: OUTSIDE_ID,
  quoteId: OUTSIDE_ID,
  uploadId: OUTSIDE_ID,
  id: OUTSIDE_ID,
  slug: OUTSIDE_ID,
  /** A name, and behind a dot the recording it belongs to where the plain name is another's. */
  name: `[A-Za-z0-9][A-Za-z0-9_-]{0,95}(?:\\.${UUID})?`,
  filename: '[A-Za-z0-9_][A-Za-z0-9._-]{0,119}',
  language: '[A-Z]{2,3}',
  version: '[1-9][0-9]{0,8}',
  ext: '[a-z0-9]{1,10}',
  category: '(?:presentation-materials|shared-documents|screenshots)',
  area: '(?:uploads|processing|exports)',
  backupArea: '(?:database|files|configurations)',
  backupName: `(?:full-backup|incremental-${TIMESTAMP}|critical-files-backup\\.tar|system-config)`,
  logArea: '(?:application|processing|security)',
  logName: '(?:app|processing|security)-logs',
  /** YYYY/MM/DD, UTC. */
  date: '\\d{4}/\\d{2}/\\d{2}',
  /** YYYYMMDD_HHMMSS, UTC. */
  timestamp: TIMESTAMP,
};

/** A number that a taken name got: `-2`, `-3`, ... at the end of the stem. A name that ends so by itself is not built. */
const SUFFIX = /-([2-9]|[1-9]\d{1,8})$/;

/**
 * The one description of a kind's object keys: builds them and parses them, so that `parse(build(x))` is `x`.
 * Written as `audio-files/sessions/session-{sessionId}/original/{timestamp}_{filename}`.
 */
export class KeyTemplate {
  private readonly names: readonly string[];
  private readonly pattern: RegExp;

  /** `numbered`: keys of taken names carry a number at the end of their stem. */
  constructor(
    readonly text: string,
    private readonly numbered: boolean,
  ) {
    this.names = [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
    const source = text.replace(/[.*+?^$()|[\]\\]|\{(\w+)\}/g, (whole: string, name: string | undefined) =>
      name === undefined ? `\\${whole}` : `(?<${name}>${ruleOf(name)})`,
    );
    this.pattern = new RegExp(`^${source}$`);
  }

  /** The key for these values; throws `InvalidKeyParameterError` for a value that its placeholder does not take. */
  build(parameters: KeyParameters, suffix?: number): string {
    const key = this.text.replace(/\{(\w+)\}/g, (_, name: string) => checked(name, parameters[name]));
    return suffix === undefined ? key : withSuffix(key, suffix);
  }

  /** The folder that keys with these values lie in, with its slash at the end. */
  folder(parameters: KeyParameters): string {
    const folder = this.text.slice(0, this.text.lastIndexOf('/') + 1);
    return folder.replace(/\{(\w+)\}/g, (_, name: string) => checked(name, parameters[name]));
  }

  /** What built this key, or undefined when this template did not. */
  parse(key: string): ParsedKey | undefined {
    const { stem, extension } = splitExtension(key);
    const found = this.numbered ? SUFFIX.exec(stem) : null;
    const groups = this.pattern.exec(found === null ? key : stem.slice(0, found.index) + extension)?.groups;
    if (groups === undefined) return undefined;
    return found === null ? { parameters: { ...groups } } : { parameters: { ...groups }, suffix: Number(found[1]) };
  }

  /** The placeholders, in order. */
  get placeholders(): readonly string[] {
    return this.names;
  }
}

/** What a placeholder may hold. */
export function placeholderPattern(name: string): RegExp {
  return new RegExp(`^${ruleOf(name)}$`);
}

function ruleOf(name: string): string {
  const rule = PLACEHOLDERS[name];
  if (rule === undefined) throw new Error(`No key template may hold {${name}}: there is no rule for it`);
  return rule;
}

function checked(name: string, value: string | undefined): string {
  if (value === undefined || !placeholderPattern(name).test(value)) throw new InvalidKeyParameterError(name);
  if (name === 'filename' && SUFFIX.test(splitExtension(value).stem)) throw new InvalidKeyParameterError(name);
  return value;
}

/** `a/b.wav` and 2 give `a/b-2.wav`. */
function withSuffix(key: string, suffix: number): string {
  const { stem, extension } = splitExtension(key);
  return `${stem}-${suffix}${extension}`;
}

/** Splits before the last dot of the last segment; a leading dot begins a name, not an extension. */
export function splitExtension(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf('.');
  const nameStart = name.lastIndexOf('/') + 1;
  return dot > nameStart ? { stem: name.slice(0, dot), extension: name.slice(dot) } : { stem: name, extension: '' };
}

/** Whether a stem ends as a suffix would, so that a name has to be changed before it can stand in a key. */
export function endsLikeSuffix(stem: string): boolean {
  return SUFFIX.test(stem);
}

/** `YYYYMMDD_HHMMSS`, UTC. */
export function keyTimestamp(at: Date): string {
  const [day = '', time = ''] = at.toISOString().split('T');
  return `${day.replaceAll('-', '')}_${time.slice(0, 8).replaceAll(':', '')}`;
}

/** `YYYY/MM/DD`, UTC. */
export function keyDate(at: Date): string {
  return at.toISOString().slice(0, 10).replaceAll('-', '/');
}
