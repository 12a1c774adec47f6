import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { Service } from '../support/service.js';
import { openTarget, type Target } from '../support/target.js';
import { launchChromium } from './chromium.js';
import { SwaggerPage } from './swagger-page.js';

const SAMPLE = join(fileURLToPath(new URL('../..', import.meta.url)), 'samples', 'welcome.wav');
const SESSION = 'browser-1';
const FLOW_MS = 60_000;

describe('Swagger UI in Chromium', () => {
  let target: Target;
  let service: Service;
  let browser: Browser;
  let page: Page;
  let swagger: SwaggerPage;
  /** What the page complained of, and what it asked of other hosts. */
  const complaints: string[] = [];

  beforeAll(async () => {
    target = await openTarget();
    service = await Service.start(target);
    browser = await launchChromium();
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('request', (request) => {
      const url = request.url();
      if (/^https?:/.test(url) && !url.startsWith(service.url)) complaints.push(`asks another host: ${url}`);
    });
    swagger = await SwaggerPage.open(page, service.url);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await service.stop();
    await target.close();
  });

  it(
    'refuses a request before anybody has authorized',
    async () => {
      const operation = await swagger.operation('get', '/v1/kinds');
      const { status, body } = await operation.execute();
      expect(status).toBe('401');
      expect(body).toMatchObject({ code: 'API_KEY_MISSING' });
      // Chromium reports an answer of 401 as an error of the page.
      expect(complaints.splice(0)).toEqual([expect.stringContaining('401')]);
    },
    FLOW_MS,
  );

  it(
    'takes the API key, and a file that is picked, and shows 201 with the record',
    async () => {
      await swagger.authorize(service.key);
      const upload = await swagger.operation('post', '/v1/sessions/{id}/files');
      await upload.fill('id', SESSION);
      await upload.pick(SAMPLE);
      const { status, body } = await upload.execute();
      expect(status).toBe('201');
      expect(body).toMatchObject({
        kind: 'session-original',
        sessionId: SESSION,
        originalFilename: 'welcome.wav',
        contentType: 'audio/wav',
        status: 'stored',
      });
    },
    FLOW_MS,
  );

  it(
    'keeps the key when the page is loaded again, and lists the file',
    async () => {
      swagger = await SwaggerPage.open(page, service.url);
      const list = await swagger.operation('get', '/v1/sessions/{id}/files');
      await list.fill('id', SESSION);
      const { status, body } = await list.execute();
      expect(status).toBe('200');
      expect(body).toMatchObject({
        items: [{ originalFilename: 'welcome.wav', sessionId: SESSION }],
        nextCursor: null,
      });
    },
    FLOW_MS,
  );

  it('needs no other host, and meets no policy that hinders it', () => {
    expect(complaints).toEqual([]);
  });
});
