import type { UploadPins } from '../auth/index.js';
import type { UploadTargets } from '../direct-uploads/index.js';
import { metadataOf, UppyFiles } from './uppy-files.js';

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'session-original': ['sessionId', 'type'],
  'session-asset': ['sessionId', 'category'],
  'manual-upload': ['uploadId'],
};
const targets = { parameterNames: (kind: string) => NAMES[kind] ?? [] } as UploadTargets;

function read(metadata: Readonly<Record<string, unknown>>, pins?: UploadPins) {
  const principal = { id: 'p', kind: 'upload-token', scopes: [], ...(pins && { pins }) } as const;
  const request = new UppyFiles(targets).toRequest({ filename: 'a.wav', metadata, actor: { principal } });
  return { kind: request.kind, parameters: request.parameters, sizeBytes: request.sizeBytes };
}

describe('What Uppy says of a file', () => {
  const ofItsOwn = { name: 'a.wav', type: 'audio/wav', relativePath: null, exif: { a: 1 } };

  it('is a manual upload without a session, and an original with one', () => {
    expect(read(ofItsOwn)).toEqual({ kind: 'manual-upload', parameters: {}, sizeBytes: undefined });
    expect(read({ ...ofItsOwn, sessionId: 7 })).toMatchObject({
      kind: 'session-original',
      parameters: { sessionId: '7' },
    });
  });

  it('names the kind and its parameters among what Uppy adds by itself', () => {
    const metadata = {
      ...ofItsOwn,
      kind: 'session-asset',
      sessionId: '7',
      category: 'c',
      uploadId: 'not of this kind',
    };
    expect(read(metadata).parameters).toEqual({ sessionId: '7', category: 'c' });
    expect(read({ sessionId: '7', type: 'video' }).parameters).toEqual({ sessionId: '7', type: 'video' });
  });

  it.each([
    [5, 5],
    ['5', 5],
    ['', undefined],
    ['null', undefined],
    [null, undefined],
  ])('has of the size %j %j', (size, sizeBytes) => {
    expect(read({ size }).sizeBytes).toBe(sizeBytes);
  });

  it.each([
    { size: 0 },
    { size: -1 },
    { size: 1.5 },
    { size: 1e300 },
    { size: '5e3' },
    { size: 'abc' },
    { size: [5] },
    { sessionId: ['7'] },
    { sessionId: {} },
    { kind: true },
    { sessionId: '7', type: {} },
  ])('is refused where it is of no use: %j', (metadata) => {
    expect(() => read(metadata)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }) as Error);
  });

  it('is of the kind that a token is for, or of the session', () => {
    expect(read({}, { kind: 'session-asset', parameters: {} }).kind).toBe('session-asset');
    expect(read({}, { parameters: { sessionId: '7' } }).kind).toBe('session-original');
    expect(read({ kind: 'manual-upload' }, { kind: 'session-asset', parameters: {} }).kind).toBe('manual-upload');
  });

  it('stands in a query under names in brackets', () => {
    const query = { filename: 'a.wav', 'metadata[sessionId]': '7', 'metadata[]': 'x', 'metadata[a][b]': 'y' };
    expect(metadataOf(query)).toEqual({ sessionId: '7', a: ['y'] });
  });
});
