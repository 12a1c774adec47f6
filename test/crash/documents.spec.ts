import { office, pdf } from '../support/office-files.js';
import { Service, until } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';

const FAIL_POINT = new URL('./fail-point.mjs', import.meta.url).href;
const ENV = { UPLOAD_LEASE_SECONDS: '3', LOG_LEVEL: 'warn' };
const QUOTES = '[{"quoteId":"q-1","text":"Ask us first."}]';

interface Point {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly path: 'drafts' | 'publish?version=1&slug=crash';
}

const SENT = 'catalyst:file.sent';
const CONFIRMING = 'catalyst:file.confirming';
/** Of a draft the charter is sent and confirmed first, its citations second. */
const POINTS: readonly Point[] = [
  { name: 'the citations of a draft are sent', env: { CRASH_AT: SENT, CRASH_SKIP: '1' }, path: 'drafts' },
  { name: 'only the charter of a draft is marked', env: { CRASH_AT: CONFIRMING }, path: 'drafts' },
  { name: 'a publication is being confirmed', env: { CRASH_AT: CONFIRMING }, path: 'publish?version=1&slug=crash' },
];

describe('a charter', () => {
  let target: Target;
  let docx: Buffer;

  beforeAll(async () => {
    target = await openTarget();
    docx = await office('docx');
  }, 60_000);
  afterAll(() => target.close());

  const post = (service: Service, path: Point['path'], text: string): Promise<Response> => {
    const form = new FormData();
    if (path === 'drafts') {
      form.append('charter', new Blob([docx]), 'charter.docx');
      form.append('citations', new Blob([QUOTES]), 'citations.json');
    } else {
      form.append('file', new Blob([pdf(text)]), 'charter.pdf');
    }
    return service.fetch(`/v1/documents/crash/charter/${path}`, { method: 'POST', body: form });
  };

  it('is a whole draft or none, and published or not, whenever the service dies', async () => {
    let service = await Service.start(target, { env: ENV });
    expect((await post(service, 'drafts', '')).status).toBe(201);
    expect((await post(service, 'publish?version=1&slug=crash', 'before')).status).toBe(201);
    const read = (of: 'drafts' | 'publications') => service.json(`/v1/documents/crash/charter/${of}`);
    const before = [await read('drafts'), await read('publications')];
    await service.stop();

    for (const { env, path } of POINTS) {
      const dying = await Service.start(target, { env: { ...ENV, ...env }, preload: FAIL_POINT });
      await expect(post(dying, path, 'after')).rejects.toThrow('fetch failed');
      expect(await dying.exit()).toEqual({ code: null, signal: 'SIGKILL' });
    }

    service = await Service.start(target, { env: ENV });
    try {
      expect([await read('drafts'), await read('publications')]).toEqual(before);
      const left = await until(
        'the end of what was left behind',
        () => target.sql<{ key: string; status: string }>('select key, status from stored_file order by id'),
        (rows) => rows.every(({ status }) => status === 'stored'),
        90,
      );
      expect(left).toHaveLength(3);
      const keys = (await (await target.store()).list({ prefix: 'documents/' })).objects.map(({ key }) => key);
      expect(keys.filter((key) => key !== 'documents/charters/published/crash.pdf').sort()).toEqual(
        left.map(({ key }) => key).sort(),
      );
      expect(await (await post(service, 'drafts', '')).json()).toMatchObject({ version: 4 });
      expect((await post(service, 'publish?version=1&slug=crash', 'after')).status).toBe(201);
    } finally {
      await service.stop();
    }
  }, 240_000);
});
