import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { Command, CommanderError } from 'commander';
import { errorMessage } from '../errors/index.js';
import type { CommandOutput } from './command-output.js';
import { InvalidOptionError } from './invalid-option.error.js';

const ExitCode = { Done: 0, Failed: 1, Usage: 2 } as const;

/** What the SDK has to say about an answer without a body. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['', 'UnknownError']);

const EXIT_CODES = `
Exit codes: 0 done, 1 failed (the reason is in one line on the standard error), 2 wrong usage.`;

/** Runs the command that the arguments name, and returns the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  // Through `exit`, so that an embedded database that was started for this command is told.
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  try {
    await program().parseAsync([...args], { from: 'user' });
    return ExitCode.Done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage;
    await write(process.stderr, `error: ${reasonOf(error)}\n`);
    return error instanceof InvalidOptionError ? ExitCode.Usage : ExitCode.Failed;
  }
}

/** What a command needs is loaded when it runs, so that help needs nothing. */
function program(): Command {
  const storage = new Command('storage')
    .description('Looks after the store of the service that this environment configures.')
    .usage('COMMAND [options]')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  storage
    .command('init')
    .description('make the bucket where it is missing, apply CORS_ORIGINS to it, and report what it can do')
    .option('--json', 'print the report as JSON')
    .action(report(async () => (await import('./init.command.js')).init()));
  storage
    .command('sweep')
    .description('remove what is over: abandoned uploads, files whose days in the trash are up, expired answers')
    .option('--json', 'print the report as JSON')
    .action(report(async () => (await import('./sweep.command.js')).sweep()));
  const cors = storage
    .command('cors')
    .description('look after the rules by which the bucket lets pages of other origins use it');
  cors
    .command('apply')
    .description('let the pages of CORS_ORIGINS use the bucket; rules of others stay')
    .option('--json', 'print the outcome as JSON')
    .action(report(async () => (await import('./cors.command.js')).applyCors()));
  cors
    .command('show')
    .description('print the rules of the bucket')
    .option('--json', 'print them as JSON')
    .action(report(async () => (await import('./cors.command.js')).showCors()));
  storage
    .command('keys')
    .description('look after API keys')
    .command('create')
    .description('make an API key; it is shown this once')
    .requiredOption('--name <name>', 'what it is for, up to 64 characters')
    .requiredOption('--scopes <scopes>', 'what it may do: files:read,links:create and so on')
    .option('--owner <id>', 'the user or team that what is made with it belongs to')
    .option('--json', 'print the key as JSON')
    .action(
      report(async (options: { name: string; scopes: string; owner?: string }) =>
        (await import('./create-key.command.js')).createKey(options),
      ),
    );
  return storage;
}

function report<Options extends object>(work: (options: Options) => Promise<CommandOutput>) {
  return async (options: Options & { json?: true }): Promise<void> => {
    if (existsSync('.env')) loadEnvFile('.env');
    const { data, lines } = await work(options);
    await write(process.stdout, options.json === true ? `${JSON.stringify(data)}\n` : `${lines.join('\n')}\n`);
  };
}

/** One line, with what the store or the database said behind it. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const said = cause instanceof Error && !SAYS_NOTHING.has(cause.message) ? ` (${cause.name}: ${cause.message})` : '';
  return `${errorMessage(error)}${said}`.replace(/\s*\n\s*/g, ' ').trim();
}

/** Returns when it is written: a pipe takes it later. */
function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => {
      resolve();
    });
  });
}
