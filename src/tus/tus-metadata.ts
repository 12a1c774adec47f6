import type { Actor } from '../auth/index.js';
import { kindFor, type UploadRequest } from '../direct-uploads/index.js';

/** As `Upload-Metadata` says it; a name without a value has null. */
export type TusMetadata = Readonly<Record<string, string | null>>;

/** What clients say besides of their own accord: Uppy's media type, and where in a folder the file lay. */
const IGNORED: ReadonlySet<string> = new Set(['filetype', 'name', 'relativePath']);
const OWN: ReadonlySet<string> = new Set(['kind', 'filename', 'sha256', 'checksum']);

/** What an upload's metadata asks for. */
export function readMetadata(
  metadata: TusMetadata | undefined,
  actor: Actor,
): Pick<UploadRequest, 'kind' | 'parameters' | 'filename' | 'checksum'> {
  const given = Object.entries(metadata ?? {}).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const],
  );
  const values = new Map(given);
  const parameters = given.filter(([name, value]) => !OWN.has(name) && !IGNORED.has(name) && !isMediaType(name, value));
  const checksum = checksumIn(values);
  return {
    kind: kindFor({ kind: values.get('kind'), sessionId: values.get('sessionId') }, actor),
    filename: values.get('filename') ?? values.get('name') ?? '',
    parameters: Object.fromEntries(parameters),
    ...(checksum && { checksum }),
  };
}

/** Uppy calls the file's media type so; kinds of ours take a word there. */
function isMediaType(name: string, value: string): boolean {
  return name === 'type' && (value === '' || value.includes('/'));
}

function checksumIn(values: ReadonlyMap<string, string>): UploadRequest['checksum'] {
  const sha256 = values.get('sha256');
  if (sha256 !== undefined) return { algorithm: 'SHA256', value: sha256 };
  const text = values.get('checksum');
  if (text === undefined) return undefined;
  const [, algorithm = text, value = ''] = /^(\S+) +(\S+)$/.exec(text) ?? [];
  return { algorithm: algorithm.toUpperCase().replace(/^SHA-256$/, 'SHA256'), value };
}
