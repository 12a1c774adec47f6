import { join } from 'node:path';
import type { BootstrapNotice } from './auth/index.js';
import { Role, type AppConfig } from './config/index.js';

export interface GreetingFacts {
  readonly app: AppConfig;
  readonly bucket: string;
  readonly database: string;
  readonly key: BootstrapNotice;
}

/** The recording that ships with the project. */
const SAMPLE = join(import.meta.dirname, '..', 'samples', 'welcome.wav');

const CREATE_KEY = 'npm run storage -- keys create --name first --scopes admin';

/** What the operator reads when the service is up: where things are, and a line to paste. */
export function greeting({ app, bucket, database, key }: GreetingFacts): string {
  return [
    '',
    `Catalyst Storage is ready at ${app.publicUrl} (role ${app.role})`,
    `  Swagger    ${app.publicUrl}/docs`,
    ...(key.path === undefined ? [] : [`  API key    ${key.path}`]),
    ...(key.missing === true ? [`  API key    none yet: set BOOTSTRAP_API_KEY, or run: ${CREATE_KEY}`] : []),
    ...(key.created === undefined ? [] : [`             ${key.created} (shown this once)`]),
    `  Bucket     ${bucket}`,
    `  Database   ${database}`,
    ...(app.role === Role.Worker ? [] : ['', 'Send a first recording:', `  ${firstUpload(app, key)}`]),
    '',
    '',
  ].join('\n');
}

function firstUpload({ publicUrl }: AppConfig, { path }: BootstrapNotice): string {
  const key = path === undefined ? '$API_KEY' : `$(cat ${quoted(path)})`;
  return `curl -F ${quoted(`file=@${SAMPLE}`)} -H "Authorization: Bearer ${key}" ${publicUrl}/v1/sessions/42/files`;
}

/** As a POSIX shell takes any text for one word. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
