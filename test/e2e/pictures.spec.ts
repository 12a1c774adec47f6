import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { Service, until } from '../support/service.js';
import { BLUE, colourAt, GREEN, isNear, noise, plain, RED, WHITE, type Rgb } from '../pictures/picture-inputs.js';
import { expectError, makeKey, startService, toAnswer, UNKNOWN_ID, type Running } from './e2e.js';
import {
  logo,
  put,
  show,
  shown,
  stakeholderAvatar,
  sweep,
  taken,
  traces,
  userAvatar,
  type PictureRecord,
} from './pictures.js';

const FAIL_POINT = new URL('../crash/fail-point.mjs', import.meta.url).href;
const PUBLIC_URL = 'https://files.example.org/base';

describe('pictures', () => {
  let running: Running;
  let service: Service;

  beforeAll(async () => {
    running = await startService({ PUBLIC_URL });
    service = running.service;
  }, 120_000);
  afterAll(() => running.close());

  const picture = (colour: Rgb): Promise<Buffer> => plain(colour).png().toBuffer();
  const get = (path: string): Promise<PictureRecord> => service.json<PictureRecord>(path);

  it.each([
    ['user-avatar', userAvatar('u-1'), 'media/avatars/users/u-1/', 'profile.jpg', 'thumbnail.jpg'],
    ['stakeholder-avatar', stakeholderAvatar('s-1'), 'media/avatars/stakeholders/s-1/', 'avatar.jpg', 'thumbnail.jpg'],
    ['organization-logo', logo('o-1'), 'media/organization-logos/o-1/', 'logo.png', 'logo_thumbnail.png'],
  ])('are put, read, shown, replaced and deleted: %s', async (kind, path, folder, mainName, thumbnailName) => {
    const none = await service.fetch(path);
    expectError(await toAnswer(none), 404, 'PICTURE_NOT_FOUND');
    expect((await service.fetch(path, { method: 'DELETE' })).status).toBe(204);

    const created = await put(service, path, await picture(RED), 'Zoë.png');
    expect(created.status).toBe(201);
    const first = (await created.json()) as PictureRecord;
    const type = mainName.endsWith('png') ? 'image/png' : 'image/jpeg';
    const revision = /\.revisions\/([0-9a-f-]{36})\//.exec(first.main.key)?.[1] ?? '';
    const extension = mainName.slice(mainName.lastIndexOf('.'));
    expect(first).toMatchObject({
      main: {
        kind,
        key: `${folder}.revisions/${revision}/${mainName}`,
        contentType: type,
        status: 'stored',
        originalFilename: `Zoë${extension}`,
        ownerId: kind === 'user-avatar' ? 'u-1' : null,
        metadata: kind === 'organization-logo' ? { width: '300', height: '300' } : { width: '200', height: '200' },
      },
      thumbnail: {
        kind,
        key: `${folder}.revisions/${revision}/${thumbnailName}`,
        contentType: type,
        status: 'stored',
        sourceFileId: first.main.id,
        metadata: kind === 'organization-logo' ? { width: '128', height: '128' } : { width: '128', height: '128' },
      },
      url: `${PUBLIC_URL}/v1/pictures/${revision}/${mainName}`,
      thumbnailUrl: `${PUBLIC_URL}/v1/pictures/${revision}/${thumbnailName}`,
    });
    expect(await get(path)).toEqual(first);

    const replaced = await put(service, path, await picture(BLUE), 'new.webp.png');
    expect(replaced.status).toBe(200);
    const second = (await replaced.json()) as PictureRecord;
    expect(second.url).not.toBe(first.url);
    expect(await get(path)).toEqual(second);
    for (const bytes of await shown(service, second)) expect(isNear(await colourAt(bytes), BLUE)).toBe(true);

    expect((await service.fetch(path, { method: 'DELETE' })).status).toBe(204);
    expect((await service.fetch(path, { method: 'DELETE' })).status).toBe(204);
    expectError(await toAnswer(await service.fetch(path)), 404, 'PICTURE_NOT_FOUND');
    for (const url of [first.url, first.thumbnailUrl, second.url, second.thumbnailUrl]) {
      const gone = await show(service, url);
      expect(gone.headers.get('cache-control')).toBe('no-store');
      expectError(await toAnswer(gone), 404, 'PICTURE_NOT_FOUND');
    }
    const back = await service.fetch(`/v1/files/${second.thumbnail.id}/restore`, { method: 'POST' });
    expect(back.status).toBe(200);
    expect(await get(path)).toMatchObject({
      main: { id: second.main.id },
      thumbnail: { id: second.thumbnail.id },
      url: second.url,
    });
    for (const bytes of await shown(service, second)) expect(isNear(await colourAt(bytes), BLUE)).toBe(true);
  });

  it('are not asked for again by a client that has them', async () => {
    const path = userAvatar('etag');
    await taken(service, path, { bytes: await picture(RED) });
    const etag = (await service.fetch(path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[^"]+"$/);
    const again = await service.fetch(path, { headers: { 'if-none-match': etag } });
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    expect((await service.fetch(path, { headers: { 'if-match': '"another"' } })).status).toBe(412);
    const { main } = await service.json<PictureRecord>(path);
    const patched = await service.fetch(`/v1/files/${main.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', 'if-match': '*' },
      body: JSON.stringify({ tags: { team: 'red' } }),
    });
    expect(patched.status).toBe(200);
    const edited = await service.fetch(path, { headers: { 'if-none-match': etag } });
    expect(edited.status).toBe(200);
    expect(await edited.json()).toMatchObject({ main: { tags: { team: 'red' } } });
    await taken(service, path, { bytes: await picture(BLUE) });
    const changed = await service.fetch(path, { headers: { 'if-none-match': etag } });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(etag);
  });

  it('are shown to whoever has the URL, for a CDN to keep and for a browser to run nothing', async () => {
    const { url, main } = await taken(service, userAvatar('shown'), { bytes: await noise().png().toBuffer() });
    const whole = await show(service, url);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(whole.status).toBe(200);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'image/jpeg',
      'content-length': String(main.sizeBytes),
      'content-disposition': 'inline; filename="profile.jpg"',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
      etag: `"${main.etag}"`,
    });
    const head = await show(service, url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
    const part = await show(service, url, { headers: { range: 'bytes=10-19' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${bytes.length}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
    const same = await show(service, url, { headers: { 'if-none-match': `"${main.etag}"` } });
    expect([same.status, same.headers.get('cache-control')]).toEqual([304, whole.headers.get('cache-control')]);
    const past = await show(service, url, { headers: { range: `bytes=${bytes.length}-` } });
    expectError(await toAnswer(past), 416, 'RANGE_NOT_SATISFIABLE');
    for (const wrong of [url.replace('profile', 'avatar'), url.replace(/[0-9a-f-]{36}/, UNKNOWN_ID)]) {
      const answer = await show(service, wrong);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expectError(await toAnswer(answer), 404, 'PICTURE_NOT_FOUND');
    }
    expect((await show(service, url.replace(/[0-9a-f-]{36}/, 'none'))).status).toBe(400);
    expect((await show(service, url.replace('profile.jpg', '..%2Fprofile.jpg'))).status).toBe(400);
  });

  it('go out by their URLs alone: other places have no public one', async () => {
    const session = await service.upload('/v1/sessions/p/files?type=image', {
      name: 'profile.jpg',
      bytes: await plain(RED).jpeg().toBuffer(),
    });
    expect(session.status).toBe(201);
    const { id } = (await session.json()) as { id: string };
    expect((await show(service, `${PUBLIC_URL}/v1/pictures/${id}/profile.jpg`)).status).toBe(404);
    const { key } = await makeKey(running.target, ['files:read']);
    const headers = { authorization: `Bearer ${key}` };
    expect((await service.fetch(userAvatar('x'), { method: 'DELETE', headers })).status).toBe(403);
    expect((await service.fetch(userAvatar('x'), { method: 'PUT', headers })).status).toBe(403);
    expect((await show(service, `${PUBLIC_URL}${userAvatar('x')}`)).status).toBe(401);
  });

  it('say among the kinds what may be sent and what is kept', async () => {
    const { items } = await service.json<{ items: { kind: string }[] }>('/v1/kinds');
    const sent = {
      extensions: ['.jpg', '.jpeg', '.png', '.webp', '.gif'],
      contentTypes: ['image/jpeg', 'image/png', 'image/webp', 'image/gif'],
      maxSizeBytes: 20 * 1024 ** 2,
      retentionClass: 'picture',
    };
    expect(items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...sent, kind: 'user-avatar', storedContentTypes: ['image/jpeg'] }),
        expect.objectContaining({ ...sent, kind: 'organization-logo', storedContentTypes: ['image/png'] }),
      ]),
    );
  });

  it('show what draws the eye in a square, and a logo whole with its transparency', async () => {
    const spot = await plain(RED, 300, 300).png().toBuffer();
    const wide = await plain({ r: 250, g: 250, b: 250 }, 3000, 600)
      .composite([{ input: spot, left: 2500, top: 150 }])
      .png()
      .toBuffer();
    const avatar = await taken(service, userAvatar('crop'), { bytes: wide });
    const [main, thumbnail] = await shown(service, avatar);
    expect(await sharp(main).metadata()).toMatchObject({ format: 'jpeg', width: 512, height: 512, space: 'srgb' });
    expect(await sharp(thumbnail).metadata()).toMatchObject({ format: 'jpeg', width: 128, height: 128 });
    // The spot is at the right end of the wide picture: a crop of the middle would not have it.
    for (const bytes of [main, thumbnail]) {
      const stats = await sharp(bytes).stats();
      expect((stats.channels[0]?.mean ?? 0) - (stats.channels[1]?.mean ?? 0)).toBeGreaterThan(20);
    }
    const clear = { create: { width: 1000, height: 400, channels: 4 as const, background: { ...RED, alpha: 0 } } };
    const logoBytes = await sharp(clear)
      .composite([{ input: spot, left: 350, top: 50 }])
      .webp({ lossless: true })
      .toBuffer();
    const stored = await taken(service, logo('fit'), { bytes: logoBytes, name: 'logo.webp' });
    const [logoMain, logoThumbnail] = await shown(service, stored);
    expect(await sharp(logoMain).metadata()).toMatchObject({ format: 'png', width: 512, height: 512, hasAlpha: true });
    expect(await sharp(logoThumbnail).metadata()).toMatchObject({
      format: 'png',
      width: 128,
      height: 128,
      hasAlpha: true,
    });
    for (const bytes of [logoMain, logoThumbnail]) {
      expect((await colourAt(bytes, 0.05, 0.05)).a).toBe(0);
      expect(await colourAt(bytes)).toEqual({ ...RED, a: 255 });
    }
    const onWhite = await taken(service, userAvatar('white'), { bytes: logoBytes, name: 'logo.webp' });
    for (const bytes of await shown(service, onWhite))
      expect(isNear(await colourAt(bytes, 0.5, 0.03), WHITE)).toBe(true);
  });

  it('keep a reader with the revision it was told of, whoever replaces it meanwhile', async () => {
    const path = userAvatar('told');
    const first = await taken(service, path, { bytes: await picture(RED) });
    await taken(service, path, { bytes: await picture(BLUE) });
    for (const bytes of await shown(service, first)) expect(isNear(await colourAt(bytes), RED)).toBe(true);
    await running.target.sql(`update stored_file set trashed_at = now() - interval '6 minutes' where id in ($1, $2)`, [
      first.main.id,
      first.thumbnail.id,
    ]);
    expectError(await toAnswer(await show(service, first.url)), 404, 'PICTURE_NOT_FOUND');
    // What was deleted is not shown again because something else came after it.
    const second = await get(path);
    await service.fetch(path, { method: 'DELETE' });
    const third = await taken(service, path, { bytes: await picture(GREEN) });
    expectError(await toAnswer(await show(service, second.url)), 404, 'PICTURE_NOT_FOUND');
    // Nor one that was replaced first, brought back, and deleted then.
    await service.fetch(`/v1/files/${first.main.id}/restore`, { method: 'POST' });
    expect((await get(path)).url).toBe(first.url);
    expect((await show(service, third.url)).status).toBe(200);
    await service.fetch(path, { method: 'DELETE' });
    await taken(service, path, { bytes: await picture(RED) });
    expectError(await toAnswer(await show(service, first.url)), 404, 'PICTURE_NOT_FOUND');
  });

  it('are always of one upload in both sizes, while many replace them', async () => {
    const path = userAvatar('many');
    const steps = [0, 85, 170, 255];
    const colours = steps.flatMap((r) => steps.flatMap((g) => [0, 170].map((b): Rgb => ({ r, g, b }))));
    const bytes = await Promise.all(colours.map((colour) => picture(colour)));
    await taken(service, path, { bytes: bytes[0]! });
    let writing = true;
    let reads = 0;
    const nameOf = async (content: Buffer): Promise<number> => {
      const found = await colourAt(content);
      return colours.findIndex((colour) => isNear(found, colour));
    };
    const seen = new Set<number>();
    const reader = async (): Promise<void> => {
      while (writing) {
        const record = await get(path);
        const [main, thumbnail] = await shown(service, record);
        const which = await nameOf(main);
        expect(which).toBeGreaterThanOrEqual(0);
        expect(await nameOf(thumbnail)).toBe(which);
        seen.add(which);
        reads += 1;
      }
    };
    const writer = async (mine: readonly Buffer[]): Promise<void> => {
      for (const content of mine) expect((await put(service, path, content)).status).toBe(200);
    };
    const quarters = [0, 1, 2, 3].map((at) => bytes.slice(at * 6, at * 6 + 6));
    const readers = Promise.all([reader(), reader(), reader()]);
    await Promise.all([Promise.all(quarters.map(writer)).finally(() => (writing = false)), readers]);
    expect(reads).toBeGreaterThan(10);
    expect(seen.size).toBeGreaterThan(2);

    const rows = await running.target.sql<{ status: string }>(
      `select status from stored_file where place_key = 'media/avatars/users/many/profile.jpg'`,
    );
    expect(rows.filter(({ status }) => status === 'stored')).toHaveLength(2);
    expect(rows.filter(({ status }) => status === 'trashed')).toHaveLength(48);

    const last = await get(path);
    const [main, thumbnail] = await shown(service, last);
    const copyOf = async (name: string): Promise<Buffer | undefined> => {
      const found = await running.store.find(`media/avatars/users/many/${name}`);
      return found && buffer(found.body);
    };
    await until(
      'copies of the last revision',
      async () => {
        await sweep(running.target);
        return Promise.all([copyOf('profile.jpg'), copyOf('thumbnail.jpg')]);
      },
      ([profile, small]) => profile?.equals(main) === true && small?.equals(thumbnail) === true,
    );
  }, 120_000);

  it('are decoded beside the service, which goes on answering', async () => {
    const large = await sharp({
      create: { width: 5000, height: 5000, channels: 3, background: '#7a5' },
    })
      .png({ progressive: true, compressionLevel: 1 })
      .toBuffer();
    const state = { pending: true };
    const work = put(service, userAvatar('large'), large).finally(() => (state.pending = false));
    let answers = 0;
    while (state.pending) {
      const live = await fetch(`${service.url}/health/live`);
      expect(live.status).toBe(200);
      await live.text();
      answers += 1;
    }
    expect((await work).status).toBe(201);
    // Decoding takes a second at the least: a service that did it itself would answer once, after it.
    expect(answers).toBeGreaterThan(20);
  }, 60_000);

  it('that were on their way when the service died leave nothing', async () => {
    const bytes = await picture(RED);
    // The second file that a service sends is the thumbnail: both objects are there then, and both rows pending.
    const env = { UPLOAD_LEASE_SECONDS: '3', CRASH_AT: 'catalyst:file.sent', CRASH_SKIP: '1' };
    await service.stop();
    const dying = await Service.start(running.target, { env, preload: FAIL_POINT });
    await expect(put(dying, userAvatar('killed'), bytes)).rejects.toThrow('fetch failed');
    expect(await dying.exit()).toMatchObject({ signal: 'SIGKILL' });
    service = await Service.start(running.target, { env: { UPLOAD_LEASE_SECONDS: '3' } });
    expect((await service.fetch(userAvatar('killed'))).status).toBe(404);
    expect((await traces(running, 'media/avatars/users/killed/')).length).toBeGreaterThan(0);
    await until(
      'nothing left',
      async () => {
        await sweep(running.target);
        return traces(running, 'media/avatars/users/killed/');
      },
      (left) => left.length === 0,
    );
    expect((await put(service, userAvatar('killed'), bytes)).status).toBe(201);
    await service.stop();
  }, 120_000);
});
