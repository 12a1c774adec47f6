import { ALL_SCOPES, ApiKeys, ApiKeysModule, type Scope } from '../auth/index.js';
import { OUTSIDE_ID } from '../storage/index.js';
import { withDatabase } from './cli-contexts.js';
import { row, type CommandOutput } from './command-output.js';
import { InvalidOptionError } from './invalid-option.error.js';

const NAME_MAX_LENGTH = 64;

export interface CreateKeyOptions {
  readonly name: string;
  /** Separated by commas or blanks. */
  readonly scopes: string;
  readonly owner?: string;
}

/** Makes an API key. Nothing can show it again. */
export async function createKey(options: CreateKeyOptions): Promise<CommandOutput> {
  const name = readName(options.name);
  const scopes = readScopes(options.scopes);
  const owner = readOwner(options.owner);
  const { id, key } = await withDatabase([ApiKeysModule], (context) =>
    context.get(ApiKeys).create({ name, scopes, ...owner }),
  );
  return {
    data: { id, name, scopes, ...owner, key },
    lines: [row('Key', `${key} (shown this once)`), row('Id', id), row('Scopes', scopes.join(', '))],
  };
}

function readName(text: string): string {
  const name = text.trim();
  if (name !== '' && name.length <= NAME_MAX_LENGTH) return name;
  throw new InvalidOptionError(`--name must have 1 to ${NAME_MAX_LENGTH} characters`);
}

function readScopes(text: string): readonly Scope[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const scopes = ALL_SCOPES.filter((scope) => words.includes(scope));
  if (scopes.length > 0 && words.every((word) => scopes.some((scope) => scope === word))) return scopes;
  throw new InvalidOptionError(`--scopes must list some of ${ALL_SCOPES.join(', ')}`);
}

function readOwner(owner: string | undefined): { ownerId?: string } {
  if (owner === undefined) return {};
  if (new RegExp(`^${OUTSIDE_ID}$`).test(owner)) return { ownerId: owner };
  throw new InvalidOptionError('--owner must be 1 to 64 letters, digits, _ and -, and begin with a letter or a digit');
}
