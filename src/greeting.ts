import type { BootstrapNotice } from './auth/index.js';
import type { AppConfig } from './config/index.js';

/** What the operator reads when the service is up: where things are, and a line to paste. */
export function greeting(facts: {
  readonly app: AppConfig;
  readonly bucket: string;
  readonly database: string;
  readonly key: BootstrapNotice;
}): string {
  const { app, bucket, database, key } = facts;
  const keyText = key.path === undefined ? '$API_KEY' : `$(cat '${key.path.replaceAll("'", "'\\''")}')`;
  return [
    '',
    `Catalyst Storage is ready at ${app.publicUrl} (role ${app.role})`,
    `  Swagger    ${app.publicUrl}/docs`,
    ...(key.path === undefined ? [] : [`  API key    ${key.path}`]),
    ...(key.created === undefined ? [] : [`             ${key.created} (shown this once)`]),
    `  Bucket     ${bucket}`,
    `  Database   ${database}`,
    '',
    'Send a first recording:',
    `  curl -F file=@samples/welcome.wav -H "Authorization: Bearer ${keyText}" ${app.publicUrl}/v1/sessions/42/files`,
    '',
    '',
  ].join('\n');
}
