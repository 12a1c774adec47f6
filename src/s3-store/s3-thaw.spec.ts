import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Clients } from '../s3/index.js';
import { S3ObjectStorage } from './s3-object-storage.js';

const ARCHIVED = { 'x-amz-storage-class': 'GLACIER' };
const OPTIONS = { days: 3, tier: 'Bulk' } as const;

/** As AWS answers; there is no server at hand that archives. */
describe('thawing at S3', () => {
  let server: Server;
  let clients: S3Clients;
  let storage: S3ObjectStorage;
  let head: { status: number; headers: Record<string, string> };
  let restore: { status: number; code?: string };
  let asked: { method: string; url: string; body: string }[];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '' } = request;
        asked.push({ method, url, body: Buffer.concat(chunks).toString() });
        if (method === 'HEAD') {
          response.writeHead(head.status, { etag: '"e"', 'content-length': '5', ...head.headers }).end();
          return;
        }
        const { status, code } = restore;
        response.writeHead(status, { 'content-type': 'application/xml' });
        response.end(code && `<Error><Code>${code}</Code><Message>as told</Message></Error>`);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    clients = new S3Clients({
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      forcePathStyle: true,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      credentialsRequired: true,
    });
    storage = new S3ObjectStorage(clients, {
      bucket: 'bucket',
      multipartThresholdBytes: 5_242_880,
      multipartPartSizeBytes: 5_242_880,
    });
  });
  beforeEach(() => {
    head = { status: 200, headers: ARCHIVED };
    restore = { status: 202 };
    asked = [];
  });
  afterAll(() => {
    clients.destroy();
    server.closeAllConnections();
    server.close();
  });

  it('says for how many days and in which tier', async () => {
    await storage.thaw('a/b.wav', OPTIONS);
    const request = asked.find(({ method }) => method === 'POST');
    expect(request?.url).toMatch(/^\/bucket\/a\/b\.wav\?restore/);
    expect(request?.body).toContain('<Days>3</Days>');
    expect(request?.body).toContain('<Tier>Bulk</Tier>');
  });

  it('names no days to INTELLIGENT_TIERING, which keeps what it thawed', async () => {
    head.headers = { 'x-amz-storage-class': 'INTELLIGENT_TIERING', 'x-amz-archive-status': 'ARCHIVE_ACCESS' };
    await storage.thaw('a', OPTIONS);
    expect(asked.at(-1)?.body).not.toContain('Days');
    expect(asked.at(-1)?.body).toContain('<Tier>Bulk</Tier>');
  });

  it.each([
    [200, undefined],
    [202, undefined],
    [409, 'RestoreAlreadyInProgress'],
  ])('is content with %s %s', async (status, code) => {
    restore = { status, ...(code && { code }) };
    await expect(storage.thaw('a', OPTIONS)).resolves.toBeUndefined();
  });

  it.each([
    [403, 'InvalidObjectState', 'NOT_ARCHIVED'],
    [403, 'ObjectAlreadyInActiveTierError', 'NOT_ARCHIVED'],
    [400, 'InvalidArgument', 'THAW_TIER_NOT_AVAILABLE'],
    [501, 'NotImplemented', 'THAW_UNSUPPORTED'],
    [405, 'MethodNotAllowed', 'THAW_UNSUPPORTED'],
    [403, 'AccessDenied', 'STORE_REFUSED'],
    [404, 'NoSuchKey', 'OBJECT_MISSING'],
    [503, 'GlacierExpeditedRetrievalNotAvailable', 'STORE_UNAVAILABLE'],
  ])('tells %s %s apart as %s', async (status, code, ours) => {
    restore = { status, code };
    await expect(storage.thaw('a', OPTIONS)).rejects.toMatchObject({ code: ours });
  });

  it('does not ask for what is not archived', async () => {
    head.headers = {};
    await expect(storage.thaw('a', OPTIONS)).rejects.toMatchObject({
      code: 'NOT_ARCHIVED',
      details: { storageClass: 'STANDARD' },
    });
    expect(asked.map(({ method }) => method)).toEqual(['HEAD']);
  });

  it.each(['InvalidObjectState', 'ObjectNotInActiveTierError'])('takes %s to a read for archived', async (code) => {
    restore = { status: 403, code };
    await expect(storage.find('a')).rejects.toMatchObject({ code: 'ARCHIVED' });
  });
});
