import { FileKinds } from '../storage/index.js';
import { SESSION_KINDS, sessionAsset, sessionClip, sessionTranscript } from './session-kinds.js';

const config = { allowedExtensions: {}, maxFileSizeBytes: 1 } as unknown as ConstructorParameters<typeof FileKinds>[0];

describe('the kinds of a session', () => {
  const kinds = new FileKinds(config);
  kinds.register(SESSION_KINDS);
  const said = (key: string) => {
    const { kind, parameters, legacy } = kinds.parse(key) ?? {};
    return { kind: kind?.name, sessionId: parameters?.['sessionId'], legacy };
  };

  it.each([
    ['audio-files/sessions/session-42/original/20260101_000000_a.wav', 'session-original', '42', undefined],
    ['audio-files/sessions/42/original/20260101_000000_a.wav', 'session-original', '42', true],
    ['video-files/sessions/session42/original/20260101_000000_a.mp4', 'session-original', 'session42', true],
    ['audio-files/sessions/session-42/processed/probe.json', 'session-result', '42', undefined],
    [
      'audio-files/sessions/session-42/processed/.revisions/019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a/probe.json',
      'session-result',
      '42',
      undefined,
    ],
    ['audio-files/sessions/42/processed/analysis_20260101_000000.json', 'session-result', '42', true],
    ['audio-files/sessions/session-session-42/processed/a.json', 'session-result', 'session-42', undefined],
    ['audio-files/sessions/session-42/clips/q_1_20260101_000000.wav', 'session-clip', '42', undefined],
    ['audio-files/sessions/session-42/transcripts/captions.vtt', 'session-transcript', '42', undefined],
    ['media/session-assets/42/screenshots/a.png', 'session-asset', '42', undefined],
    ['audio-files/manual-uploads/u1/a.wav', 'manual-upload', undefined, undefined],
    ['audio-files/manual-uploads/u1/../a.wav', undefined, undefined, undefined],
  ])('know %s', (key, kind, sessionId, legacy) => {
    expect(said(key)).toEqual({ kind, sessionId, legacy });
  });

  it('build keys that parse back', () => {
    const clip = { sessionId: '42', quoteId: 'q_20260101_000000', timestamp: '20260301_101500' };
    expect(sessionClip.parse(sessionClip.template.build(clip, 2))).toEqual({ parameters: clip, suffix: 2 });
    const transcript = { sessionId: '4-2', name: 'captions.019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a', ext: 'vtt' };
    expect(sessionTranscript.parse(sessionTranscript.template.build(transcript))).toEqual({ parameters: transcript });
  });

  it('name the folder that their keys lie in', () => {
    const parameters = { sessionId: '42', category: 'screenshots' };
    expect(sessionAsset.template.folder(parameters)).toBe('media/session-assets/42/screenshots/');
    expect(() => sessionAsset.template.folder({ ...parameters, category: '../x' })).toThrow('category');
  });
});
