import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Service } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SAMPLE = join(ROOT, 'samples', 'welcome.wav');
const OPENAPI_TS = join(ROOT, 'node_modules', '@hey-api', 'openapi-ts', 'bin', 'run.js');
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const SLOW_MS = 120_000;

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly required?: boolean;
    readonly example?: unknown;
    readonly schema?: { readonly example?: unknown };
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly examples?: object }>> };
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

describe('The TypeScript client that @hey-api/openapi-ts generates', () => {
  let target: Target;
  let service: Service;
  let folder: string;

  beforeAll(async () => {
    target = await openTarget();
    service = await Service.start(target);
    folder = mkdtempSync(join(tmpdir(), 'catalyst-client-'));
    cpSync(join(ROOT, 'test', 'clients', 'typescript'), folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  }, SLOW_MS);

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await service.stop();
    await target.close();
  });

  /** Runs a program of Node.js in the folder; what it wrote, in the error too. */
  function run(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, API_KEY: service.key };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, args, { cwd: folder, env }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error }));
      });
    });
  }

  async function operations(): Promise<readonly Operation[]> {
    const { paths } = await service.json<Description>('/docs-json');
    return Object.values(paths).flatMap((methods) => Object.values(methods));
  }

  it('has a readable name for every operation, and no two the same', async () => {
    const ids = (await operations()).map(({ operationId }) => operationId);
    expect(ids).toContain('Sessions_upload');
    expect(ids.filter((id) => id === undefined || !/^[A-Z][A-Za-z]*_[a-z][A-Za-z]*$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has no example for a parameter that may be left out: Swagger UI would send it', async () => {
    const sent = (await operations()).flatMap(({ operationId, parameters = [] }) =>
      parameters
        .filter(({ required }) => required !== true)
        .filter(({ example, schema }) => example !== undefined || schema?.example !== undefined)
        .map(({ name }) => `${operationId ?? ''} ${name}`),
    );
    expect(sent).toEqual([]);
  });

  it('has an example for every JSON body that works as it stands: Swagger UI sends what it makes up of all fields else', async () => {
    const without = (await operations()).flatMap(({ operationId, requestBody }) =>
      Object.entries(requestBody?.content ?? {})
        .filter(([type, { examples }]) => type.endsWith('json') && examples === undefined)
        .map(([type]) => `${operationId ?? ''} ${type}`),
    );
    expect(without).toEqual([]);
  });

  it(
    'compiles in strict mode, and uploads, lists and downloads',
    async () => {
      await run(
        OPENAPI_TS,
        ...['--input', `${service.url}/docs-json`, '--output', join(folder, 'client')],
        ...['--client', '@hey-api/client-fetch', '--no-log-file', '--silent'],
      );
      await run(TSC, '-p', 'tsconfig.json');
      const told: unknown = JSON.parse(await run(join('dist', 'main.js'), service.url, SAMPLE));
      const sample = readFileSync(SAMPLE);
      const sha256 = createHash('sha256').update(sample).digest('base64');
      expect(told).toMatchObject({
        uploaded: {
          httpStatus: 201,
          storedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          sizeBytes: sample.length,
          status: 'stored',
          checksum: { algorithm: 'SHA256', value: sha256 },
          metadata: {},
          rejectedReason: null,
        },
        withLink: 'local',
        listed: [true],
        nextCursor: null,
        ofKind: true,
        kinds: expect.arrayContaining([['session-original', 500 * 1024 * 1024]]),
        downloaded: { httpStatus: 200, sha256 },
        put: { sizeBytes: sample.length, verifiers: ['client', 'service', 'store'] },
        missing: { httpStatus: 404, code: 'FILE_NOT_FOUND' },
      });
    },
    SLOW_MS,
  );
});
