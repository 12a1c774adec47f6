import { systemActor } from '../auth/index.js';
import { readMetadata as readFrom, type TusMetadata } from './tus-metadata.js';

const readMetadata = (metadata?: TusMetadata) => readFrom(metadata, systemActor('spec'));

describe('readMetadata', () => {
  it('takes the kind and its parameters', () => {
    expect(readMetadata({ kind: 'session-asset', sessionId: '7', category: 'screenshots', filename: 'a.png' })).toEqual(
      {
        kind: 'session-asset',
        filename: 'a.png',
        parameters: { sessionId: '7', category: 'screenshots' },
      },
    );
  });

  it('knows from the session what a file without a kind is', () => {
    expect(readMetadata({ sessionId: '7', filename: 'a.wav' }).kind).toBe('session-original');
    expect(readMetadata({ filename: 'a.wav' }).kind).toBe('manual-upload');
    expect(readMetadata()).toEqual({ kind: 'manual-upload', filename: '', parameters: {} });
  });

  it('knows from the token what a file without a kind is', () => {
    const pins = { kind: 'session-asset', parameters: { sessionId: '7' } };
    const actor = { principal: { id: 'p', kind: 'upload-token', scopes: [], pins } } as const;
    expect(readFrom({ filename: 'a.png' }, actor)).toEqual({
      kind: 'session-asset',
      filename: 'a.png',
      parameters: {},
    });
  });

  it('leaves out what Uppy says of its own accord', () => {
    const meta = { relativePath: 'null', name: 'a.wav', type: 'audio/wav', filetype: 'audio/wav', filename: 'b.wav' };
    expect(readMetadata({ ...meta, empty: null })).toEqual({
      kind: 'manual-upload',
      filename: 'b.wav',
      parameters: {},
    });
    expect(readMetadata({ name: 'a.wav', type: 'video', sessionId: '7' })).toMatchObject({
      filename: 'a.wav',
      parameters: { type: 'video', sessionId: '7' },
    });
  });

  it.each([
    [{ sha256: 'abc=' }, { algorithm: 'SHA256', value: 'abc=' }],
    [{ checksum: 'sha256 abc=' }, { algorithm: 'SHA256', value: 'abc=' }],
    [{ checksum: 'SHA-256 abc=' }, { algorithm: 'SHA256', value: 'abc=' }],
    [{ checksum: 'md5 abc=' }, { algorithm: 'MD5', value: 'abc=' }],
    [{ checksum: 'nonsense' }, { algorithm: 'NONSENSE', value: '' }],
  ])('reads the checksum in %o', (metadata, checksum) => {
    expect(readMetadata(metadata).checksum).toEqual(checksum);
  });
});
