import { setImmediate as turn } from 'node:timers/promises';
import { validate } from 'class-validator';
import { errorMessage } from '../errors/index.js';
import { readJson } from '../http/index.js';
import { InvalidCitationsError, type CitationIssue } from './documents.errors.js';
import { CitationDto } from './dto/citation.dto.js';

const MAX_CITATIONS = 5000;
/** Issues beyond this are neither looked for nor counted. */
const MAX_ISSUES = 100;
/** What a list of the most citations may have, and more; what is in a citation beside its fields may have structure too. */
const SHAPE = { maxDepth: 64, maxContainers: 50_000 };
/** Checked between two turns of the event loop. */
const BATCH = 100;

const FIELDS = [
  'id',
  'quoteId',
  'sessionId',
  'text',
  'speaker',
  'startSeconds',
  'endSeconds',
  'source',
  'url',
  'page',
] as const satisfies readonly (keyof CitationDto)[];
/** A citation says at least one of these. */
const GROUNDS = ['quoteId', 'sessionId', 'source', 'url', 'text'] as const satisfies readonly (keyof CitationDto)[];

/**
 * Reads citations.json: an array of citations, or an object that has it as `citations`. Returns how many there are; throws
 * `InvalidCitationsError`, which names each citation by its index and the field.
 */
export async function countCitations(bytes: Buffer): Promise<number> {
  const citations = listOf(parse(bytes));
  const issues: CitationIssue[] = [];
  const ids = new Set<string>();
  for (const [index, citation] of citations.entries()) {
    if (index % BATCH === BATCH - 1) await turn();
    issues.push(...(await issuesOf(citation, { index, ids })));
    if (issues.length >= MAX_ISSUES) break;
  }
  if (issues.length > 0) throw new InvalidCitationsError(issues);
  return citations.length;
}

function parse(bytes: Buffer): unknown {
  try {
    return readJson(bytes, SHAPE);
  } catch (cause) {
    throw invalidList(`the file cannot be read: ${errorMessage(cause)}`, { cause });
  }
}

function listOf(content: unknown): readonly unknown[] {
  const list = isObject(content) && Object.hasOwn(content, 'citations') ? content['citations'] : content;
  if (!Array.isArray(list))
    throw invalidList('send a JSON array of citations, or an object that has it as `citations`');
  if (list.length > MAX_CITATIONS)
    throw invalidList(`there are ${list.length}, and at most ${MAX_CITATIONS} are taken`);
  return list as readonly unknown[];
}

async function issuesOf(
  citation: unknown,
  { index, ids }: { readonly index: number; readonly ids: Set<string> },
): Promise<readonly CitationIssue[]> {
  if (!isObject(citation)) return [{ index, field: null, message: 'must be an object' }];
  const dto = new CitationDto();
  // What else a citation has is not looked at, so that nothing of it can reach the validator or a prototype.
  for (const field of FIELDS) if (Object.hasOwn(citation, field)) Object.assign(dto, { [field]: citation[field] });
  const issues: CitationIssue[] = (await validate(dto, { validationError: { target: false, value: false } })).map(
    ({ property, constraints }) => ({ index, field: property, message: Object.values(constraints ?? {}).join('; ') }),
  );
  if (issues.length > 0) return issues;
  if (dto.id !== undefined && ids.has(dto.id)) issues.push({ index, field: 'id', message: 'is there twice' });
  if (dto.id !== undefined) ids.add(dto.id);
  if (!GROUNDS.some((field) => dto[field] !== undefined && dto[field] !== ''))
    issues.push({ index, field: null, message: `must say at least one of ${GROUNDS.join(', ')}` });
  if (dto.startSeconds !== undefined && dto.endSeconds !== undefined && dto.endSeconds < dto.startSeconds)
    issues.push({ index, field: 'endSeconds', message: 'must not be before startSeconds' });
  return issues;
}

function invalidList(message: string, options?: ErrorOptions): InvalidCitationsError {
  return new InvalidCitationsError([{ index: null, field: null, message }], options);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
