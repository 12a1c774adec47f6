import { Service } from '../support/service.js';
import { openTarget } from '../support/target.js';
import { startService, type FileRecord, type Running } from './e2e.js';

const PAGE = 'https://app.example.org';
const OTHER = 'https://evil.example';
const ASKED = 'authorization,content-type,idempotency-key,tus-resumable,upload-length,upload-metadata,x-amz-date';

describe('pages of other origins', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startService({ CORS_ORIGINS: `${PAGE} http://localhost:5173` });
  }, 120_000);
  afterAll(() => running.close());

  /** As a browser asks before it sends; without a key. */
  function preflight(path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
    return fetch(new URL(path, running.service.url), { method: 'OPTIONS', headers });
  }

  function namesIn(answer: Response, header: string): string[] {
    return (answer.headers.get(header) ?? '').split(',').map((name) => name.trim().toLowerCase());
  }

  function corsHeaders(answer: Response): string[] {
    return [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'));
  }

  it.each(['/v1/files', '/v1/sessions/one/files', '/v1/a-route-to-come', '/objects/some/key', '/objects/'])(
    'are told before they send what they may send to %s, without a key',
    async (path) => {
      for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE']) {
        const answer = await preflight(path, {
          origin: PAGE,
          'access-control-request-method': method,
          'access-control-request-headers': `${ASKED},x-evil`,
        });
        expect(answer.status).toBe(204);
        expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
        expect(namesIn(answer, 'access-control-allow-methods')).toContain(method.toLowerCase());
        expect(answer.headers.get('access-control-allow-headers')).toBe(ASKED);
        expect(answer.headers.get('access-control-max-age')).toBe('3600');
        expect(namesIn(answer, 'vary')).toContain('origin');
      }
    },
  );

  it('read answers and errors, and the headers that uploads need', async () => {
    for (const [authorization, status] of [
      [`Bearer ${running.service.key}`, 200],
      ['Bearer nonsense', 401],
    ] as const) {
      const answer = await running.service.fetch('/v1/files', { headers: { origin: PAGE, authorization } });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([status, PAGE]);
      expect(namesIn(answer, 'access-control-expose-headers')).toEqual(
        expect.arrayContaining([
          'etag',
          'location',
          'upload-offset',
          'upload-expires',
          'tus-resumable',
          'x-request-id',
        ]),
      );
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      expect(namesIn(answer, 'vary')).toContain('origin');
      await answer.arrayBuffer();
    }
  });

  it('read what a link leads to, and why one does not hold', async () => {
    const uploaded = await running.service.upload('/v1/sessions/one/files?type=document', {
      name: 'Notes.txt',
      bytes: Buffer.from('A note.\n'),
    });
    const { id } = (await uploaded.json()) as FileRecord;
    const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    const { url } = await running.service.json<{ url: string }>(`/v1/files/${id}/links`, asked, 201);
    for (const [target, status] of [
      [url, 200],
      [url.replace(/X-Amz-Signature=./, 'X-Amz-Signature='), 403],
    ] as const) {
      const answer = await fetch(target, { headers: { origin: PAGE } });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([status, PAGE]);
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      await answer.arrayBuffer();
    }
  });

  it('read why a form is not taken', async () => {
    const form = new FormData();
    form.append('file', new Blob(['x']), 'a.txt');
    for (const [body, status, code] of [
      [form, 403, 'LINK_INVALID'],
      ['no form', 400, 'FORM_INVALID'],
    ] as const) {
      const answer = await fetch(`${running.service.url}/objects/`, {
        method: 'POST',
        headers: { origin: PAGE },
        body,
      });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([status, PAGE]);
      expect(await answer.json()).toMatchObject({ code });
    }
  });

  it('are told nothing where their origin is not listed', async () => {
    const asked = await preflight('/v1/files', { origin: OTHER, 'access-control-request-method': 'POST' });
    const answered = await running.service.fetch('/v1/files', { headers: { origin: OTHER } });
    const withoutOrigin = await running.service.fetch('/v1/files');
    for (const answer of [asked, answered, withoutOrigin]) {
      expect(corsHeaders(answer)).toEqual([]);
      expect(namesIn(answer, 'vary')).toContain('origin');
      await answer.arrayBuffer();
    }
  });

  it('stop the start where an origin is none, with words that say what to write', async () => {
    const target = await openTarget();
    const service = await Service.start(target, { env: { CORS_ORIGINS: `${PAGE}/` }, detached: true });
    expect(await service.exit()).toEqual({ code: 1, signal: null });
    expect(service.logs).toContain('CORS_ORIGINS has https://app.example.org/: write each as browsers send it');
    await target.close();
  }, 60_000);
});
