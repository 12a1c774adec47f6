import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Service } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';
import { storage } from './command.js';

/** Each command is a process, and some start a database. */
const PATIENCE_MS = 120_000;
const NOBODY = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', S3_BUCKET_NAME: 'none' };

describe('the command line, without database or store', () => {
  it.each([[['--help']], [['sweep', '--help']], [['cors', 'apply', '--help']], [['keys', 'create', '--help']]])(
    'gives help: %j',
    async (args) => {
      const { code, stdout } = await storage(args, NOBODY);
      expect(code).toBe(0);
      expect(stdout).toContain('Usage: storage');
    },
  );

  it.each([
    [['nonsense']],
    [['sweep', '--nonsense']],
    [['keys', 'create', '--name', 'x']],
    [['keys', 'create', '--name', 'x', '--scopes', 'files:reed']],
  ])('answers wrong usage with exit code 2: %j', async (args) => {
    const { code, stdout, stderr } = await storage(args, NOBODY);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('error: ');
  });

  it('says in one line why it cannot be done, with exit code 1', async () => {
    const { code, stdout, stderr } = await storage(['init'], { ...NOBODY, S3_ENDPOINT: 'nonsense' });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: .*S3_ENDPOINT must be an http or https URL\n$/);
  });
});

describe('the command line on embedded defaults', () => {
  let target: Target;

  beforeAll(async () => {
    target = await openTarget();
  });

  afterAll(async () => {
    await target.close();
  });

  it(
    'starts the database for its own duration, sweeps, and makes no first key',
    async () => {
      const { code, stdout } = await storage(['sweep', '--json'], target.env);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        abandoned: 0,
        purged: 0,
        kept: 0,
        uploads: { completed: 0, expired: 0, deferred: 0 },
      });
      expect(existsSync(join(target.dataDir, 'api-key'))).toBe(false);
    },
    PATIENCE_MS,
  );

  it('reports what the store can do', async () => {
    const { code, stdout } = await storage(['init', '--json'], target.env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ abilities: { 'conditional-create': 'yes' } });
  });

  it('has no CORS rules to set for the local store: the service itself answers', async () => {
    const env = { ...target.env, CORS_ORIGINS: 'https://app.example.org' };
    const applied = await storage(['cors', 'apply', '--json'], env);
    expect(applied.code).toBe(0);
    expect(JSON.parse(applied.stdout)).toEqual({ cors: 'not-needed', origins: ['https://app.example.org'] });
    expect((await storage(['cors', 'show'], env)).stdout).toContain('the service itself answers');
  });

  it(
    'works beside a running service, and leaves it running',
    async () => {
      const service = await Service.start(target);
      const made = await storage(['keys', 'create', '--name', 'ci', '--scopes', 'files:read', '--json'], target.env);
      const swept = await storage(['sweep', '--json'], target.env);
      expect([made.code, swept.code]).toEqual([0, 0]);
      const { key } = JSON.parse(made.stdout) as { key: string };
      const headers = { authorization: `Bearer ${key}` };
      expect((await service.fetch('/v1/files', { headers })).status).toBe(200);
      expect((await service.fetch('/metrics', { headers })).status).toBe(403);
      await service.stop();
    },
    PATIENCE_MS,
  );
});
