import fc from 'fast-check';
import { LocalLinkSigner, type LinkRequest, type LinkToSign } from './local-link-signer.js';
import { InvalidKeyError, type SignedRequest } from '../object-storage/index.js';

const NOW = new Date('2026-03-01T12:00:00.400Z');
const OPTIONS = { publicUrl: 'https://files.example.org', bucket: 'catalyst', secret: 'a secret of the test' };

describe('links to the local store', () => {
  let now: Date;
  const clock = { now: () => now };
  const signer = new LocalLinkSigner(OPTIONS, clock);

  beforeEach(() => {
    now = NOW;
  });

  const reading: LinkToSign = { method: 'GET', key: 'a/b c.txt', expiresInSeconds: 60 };
  const writing: LinkToSign = {
    method: 'PUT',
    key: 'a/b',
    expiresInSeconds: 60,
    headers: { 'content-length': '5', 'content-type': 'text/plain', 'if-none-match': '*' },
  };

  /** The request that a client makes of a link. */
  function requestOf(link: SignedRequest, change: Partial<LinkRequest> = {}): LinkRequest {
    const [, encodedKey = '', query = ''] =
      /^https:\/\/files\.example\.org\/objects\/([^?]*)\?(.*)$/.exec(link.url) ?? [];
    return { method: link.method, encodedKey, query, headers: link.headers, ...change };
  }

  const invalid = expect.objectContaining({ code: 'LINK_INVALID', kind: 'forbidden' }) as Error;
  const expired = expect.objectContaining({ code: 'LINK_EXPIRED', kind: 'forbidden' }) as Error;

  it('look as those of S3', () => {
    const link = signer.sign(reading);
    const url = new URL(link.url);
    expect(url.origin + url.pathname).toBe('https://files.example.org/objects/a/b%20c.txt');
    expect([...url.searchParams.keys()].sort()).toEqual([
      'X-Amz-Algorithm',
      'X-Amz-Credential',
      'X-Amz-Date',
      'X-Amz-Expires',
      'X-Amz-Signature',
      'X-Amz-SignedHeaders',
    ]);
    expect(url.searchParams.get('X-Amz-Date')).toBe('20260301T120000Z');
    expect(link.expiresAt).toEqual(new Date('2026-03-01T12:01:00Z'));
    expect(url.searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('count from the second that they are told', () => {
    const link = signer.sign({ ...reading, signedAt: new Date('2026-03-01T11:59:30.900Z') });
    expect(link.expiresAt).toEqual(new Date('2026-03-01T12:00:30Z'));
    now = new Date('2026-03-01T12:00:29.999Z');
    expect(signer.verify(requestOf(link))).toMatchObject({ key: 'a/b c.txt' });
    now = link.expiresAt;
    expect(() => signer.verify(requestOf(link))).toThrow(expired);
  });

  it('permit what they were made for, and HEAD with GET', () => {
    const link = signer.sign({ ...reading, parameters: { 'response-content-type': 'a/b; c="d e"' } });
    const permitted = { key: 'a/b c.txt', parameters: { 'response-content-type': 'a/b; c="d e"' } };
    expect(signer.verify(requestOf(link))).toEqual(permitted);
    expect(signer.verify(requestOf(link, { method: 'HEAD' }))).toEqual(permitted);
  });

  it('permit any key, written as any client may write it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        fc.pre(!/\p{Surrogate}/u.test(text) && !text.split('/').some((segment) => /^\.\.?$/.test(segment)));
        const request = requestOf(signer.sign({ ...reading, key: text }));
        expect(signer.verify(request).key).toBe(text);
        const lower = request.encodedKey.replace(/%../g, (sign) => sign.toLowerCase());
        expect(signer.verify({ ...request, encodedKey: lower }).key).toBe(text);
      }),
    );
  });

  it('end at their hour', () => {
    const link = signer.sign(reading);
    now = new Date('2026-03-01T12:00:59.999Z');
    expect(signer.verify(requestOf(link)).key).toBe('a/b c.txt');
    now = new Date('2026-03-01T12:01:00Z');
    expect(() => signer.verify(requestOf(link))).toThrow(expired);
  });

  it('hold with the signed headers alone', () => {
    const link = signer.sign(writing);
    expect(link.headers).toEqual({ 'content-type': 'text/plain', 'if-none-match': '*' });
    const headers = { ...link.headers, 'content-length': '5', 'x-other': 'whatever' };
    expect(signer.verify(requestOf(link, { headers })).key).toBe('a/b');
    for (const change of [
      { 'content-length': '6' },
      { 'content-length': undefined },
      { 'content-type': 'text/html' },
      { 'if-none-match': undefined },
      { 'content-type': ['text/plain', 'text/plain'] },
    ]) {
      expect(() => signer.verify(requestOf(link, { headers: { ...headers, ...change } }))).toThrow(invalid);
    }
  });

  it.each([
    ['another method', { method: 'PUT' }],
    ['a method that no link has', { method: 'DELETE' }],
    ['another key', { encodedKey: 'a/b%20d.txt' }],
    ['a key that is no text', { encodedKey: 'a/%ff' }],
    ['half an escape', { encodedKey: 'a/%2' }],
    ['no query', { query: '' }],
  ])('are refused with %s', (_name, change) => {
    expect(() => signer.verify(requestOf(signer.sign(reading), change))).toThrow(invalid);
  });

  it('are refused with any parameter changed, left out, doubled or added', () => {
    const link = signer.sign({
      ...reading,
      parameters: { 'response-content-type': 'text/plain', 'response-content-disposition': 'inline' },
    });
    const request = requestOf(link);
    const parameters = [...new URLSearchParams(request.query)];
    const queries = parameters.flatMap(([name, value]) => {
      const others = parameters.filter(([other]) => other !== name);
      const made = (values: string[]): string =>
        new URLSearchParams([...others, ...values.map((one) => [name, one])] as [string, string][]).toString();
      const changed = ['', `${value}0`, value.slice(1)].filter((other) => other !== value);
      return [made([]), made([value, value]), made([value, 'x']), ...changed.map((other) => made([other]))];
    });
    const added = ['x=1', 'partNumber=1', 'uploadId=x', 'x-amz-expires=1', 'X-Amz-Security-Token=x'];
    for (const query of [...queries, ...added.map((one) => `${request.query}&${one}`)]) {
      expect(() => signer.verify({ ...request, query })).toThrow(invalid);
    }
    // The same parameters in another order, or with a plus for a blank, are the same link.
    const sorted = new URLSearchParams(parameters.toReversed()).toString();
    expect(signer.verify({ ...request, query: sorted }).key).toBe('a/b c.txt');
  });

  it('are refused when another secret signed them', () => {
    const other = new LocalLinkSigner({ ...OPTIONS, secret: 'another secret' }, clock);
    expect(() => signer.verify(requestOf(other.sign(reading)))).toThrow(invalid);
  });

  it('say that they were altered, not that they expired, when both are so', () => {
    const request = requestOf(signer.sign(reading));
    now = new Date('2027-01-01T00:00:00Z');
    expect(() => signer.verify({ ...request, encodedKey: 'other' })).toThrow(invalid);
  });

  it('tell a parameter from a part of another, whatever the values hold', () => {
    const one = signer.sign({
      ...reading,
      parameters: { 'response-content-type': 'a&response-content-disposition=b' },
    });
    const other = signer.sign({
      ...reading,
      parameters: { 'response-content-type': 'a', 'response-content-disposition': 'b' },
    });
    expect(new URL(one.url).searchParams.get('X-Amz-Signature')).not.toBe(
      new URL(other.url).searchParams.get('X-Amz-Signature'),
    );
  });

  it('are not made for what no URL or header carries', () => {
    expect(() => signer.sign({ ...reading, key: 'a/../b' })).toThrow(InvalidKeyError);
    expect(() => signer.sign({ ...reading, key: '.' })).toThrow(InvalidKeyError);
    const parameters = { 'response-content-disposition': 'inline\r\nSet-Cookie: a=b' };
    expect(() => signer.sign({ ...reading, parameters })).toThrow(RangeError);
  });

  it.each([0, -1, 1.5, 604_801, Number.NaN])('are not made for %d seconds', (expiresInSeconds) => {
    expect(() => signer.sign({ ...reading, expiresInSeconds })).toThrow(RangeError);
  });
});
