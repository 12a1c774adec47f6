import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allowOrigin } from './browser-origin.js';
import { Service, until } from './service.js';
import { openTarget, type Target } from './target.js';
import { APP_ORIGIN, UppyClient, type UppyOptions } from './uppy-client.js';

const MEBIBYTE = 1024 * 1024;
const WAV_HEADER = Buffer.from('UklGRgAAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=', 'base64');

export interface FileRow {
  readonly id: string;
  readonly key: string;
  readonly status: string;
  readonly kind: string;
  readonly session_id: string | null;
  readonly created_by: string;
}

/** The service, its store, files to send, and as many tabs with Uppy as a test opens. */
export class UppyBench {
  readonly sizes = { small: 200_000, large: 12 * MEBIBYTE };
  private readonly folder = mkdtempSync(join(tmpdir(), 'catalyst-uppy-'));
  private readonly tabs: UppyClient[] = [];

  private constructor(
    readonly service: Service,
    readonly target: Target,
  ) {}

  static async start(env: Readonly<Record<string, string>> = {}): Promise<UppyBench> {
    const opened = await openTarget();
    const target = { ...opened, env: { ...opened.env, CORS_ORIGINS: APP_ORIGIN, ...env } };
    await allowOrigin(target, APP_ORIGIN);
    return new UppyBench(await Service.start(target), target);
  }

  /** A recording with bytes of its own. */
  makeFile(name: string, sizeBytes: number): UppyOptions['file'] {
    const path = join(this.folder, name);
    writeFileSync(path, Buffer.concat([WAV_HEADER, randomBytes(sizeBytes - WAV_HEADER.length)]));
    return { path, name, type: 'audio/wav' };
  }

  async open(options: Omit<UppyOptions, 'service'>): Promise<UppyClient> {
    const tab = await UppyClient.open({ service: this.service.url, ...options });
    this.tabs.push(tab);
    return tab;
  }

  /** A token that lets its holder upload. */
  async token(request: Readonly<Record<string, unknown>> = {}): Promise<{ token: string; companionEndpoint: string }> {
    const body = JSON.stringify(request);
    const headers = { 'content-type': 'application/json' };
    return this.service.json('/v1/upload-tokens', { method: 'POST', headers, body }, 201);
  }

  rows(name: string): Promise<FileRow[]> {
    return this.target.sql<FileRow>(
      'select id, key, status, kind, session_id, created_by from stored_file where original_filename = $1 order by id',
      [name],
    );
  }

  /** Multipart uploads that are open at the store. */
  async openUploads(): Promise<readonly string[]> {
    return (await (await this.target.store()).listUploads()).uploads.map(({ key }) => key);
  }

  /** Waits until every file of this name has this status. */
  async settled(name: string, status: string): Promise<void> {
    await until(
      name,
      () => this.rows(name),
      (rows) => rows.every((row) => row.status === status),
    );
  }

  /** Throws unless exactly one file of this name is stored, with these bytes, and nothing of it is left open. */
  async assertStored({ name, path }: UppyOptions['file']): Promise<FileRow> {
    const stored = (await this.rows(name)).filter(({ status }) => status === 'stored');
    const [row, second] = stored;
    if (row === undefined || second !== undefined) throw new Error(`${name} is stored ${stored.length} times`);
    const answer = await this.service.fetch(`/v1/files/${row.id}/content`);
    const found = digest(new Uint8Array(await answer.arrayBuffer()));
    if (found !== digest(readFileSync(path))) throw new Error(`${name} has other bytes`);
    if ((await this.openUploads()).includes(row.key)) throw new Error(`An upload to ${row.key} is open`);
    return row;
  }

  async close(): Promise<void> {
    await Promise.all(this.tabs.map((tab) => tab.kill()));
    await this.service.stop();
    await this.target.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
