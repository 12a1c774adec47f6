import type { Actor, UploadPins } from '../auth/index.js';
import { kindFor } from './default-kind.js';

const sender = (pins?: UploadPins): Actor => ({
  principal: { id: 'p', kind: 'upload-token', scopes: [], ...(pins && { pins }) },
});

describe('kindFor', () => {
  it.each([
    [{}, undefined, 'manual-upload'],
    [{ sessionId: '7' }, undefined, 'session-original'],
    [{ kind: 'session-asset', sessionId: '7' }, undefined, 'session-asset'],
    [{}, { kind: 'session-asset', parameters: { sessionId: '7' } }, 'session-asset'],
    [{ sessionId: '7' }, { kind: 'session-asset', parameters: {} }, 'session-asset'],
    [{}, { parameters: { sessionId: '7' } }, 'session-original'],
    [{}, { parameters: {} }, 'manual-upload'],
    // Which is then refused.
    [{ kind: 'manual-upload' }, { kind: 'session-asset', parameters: {} }, 'manual-upload'],
  ])('of %j, with a token for %j, is %s', (hints, pins, kind) => {
    expect(kindFor(hints, sender(pins))).toBe(kind);
  });
});
