import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { runMigrations } from '../../src/database/migrate.js';
import { migrations } from '../../src/database/migrations/index.js';

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  drop(): Promise<void>;
}

/** A database of a spec's own, with the schema as the migrations leave it and no rows. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = process.env['TEST_DATABASE_TEMPLATE'];
  if (template === undefined) throw new Error('TEST_DATABASE_TEMPLATE is missing: the global setup has not run.');
  return create('test', template);
}

/** What every test database is a copy of. */
export async function makeTemplate(): Promise<TestDatabase> {
  const template = await create('template', undefined);
  await runMigrations(template.url, migrations);
  return template;
}

async function create(prefix: string, template: string | undefined): Promise<TestDatabase> {
  const name = `catalyst_${prefix}_${randomUUID().replaceAll('-', '')}`;
  await execute(`CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template}`}`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return { name, url: url.href, drop: () => execute(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function execute(sql: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function serverUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('TEST_DATABASE_URL is missing: the global setup has not run.');
  return url;
}
