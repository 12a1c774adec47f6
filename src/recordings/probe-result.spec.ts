import { cleanTags, containerName, parseProbeResult } from './probe-result.js';

const MOV = 'mov,mp4,m4a,3gp,3g2,mj2';
const RESULT = {
  container: 'wav',
  codec: 'pcm_s16le',
  channels: 1,
  sampleRateHz: 16_000,
  durationSeconds: 1.5,
  bitRate: 256_000,
  tags: { title: 'Fixture' },
  loudness: { integratedLufs: -16.2, truePeakDbtp: null, rangeLu: 0 },
};

describe('containerName', () => {
  it.each([
    [{ demuxer: 'wav', codecs: ['pcm_s16le'], hasVideo: false }, 'wav'],
    [{ demuxer: 'ogg', codecs: ['opus'], hasVideo: false }, 'ogg'],
    [{ demuxer: MOV, codecs: ['aac'], hasVideo: false, majorBrand: 'M4A ' }, 'm4a'],
    [{ demuxer: MOV, codecs: ['aac'], hasVideo: false, majorBrand: 'isom' }, 'm4a'],
    [{ demuxer: MOV, codecs: ['h264', 'aac'], hasVideo: true, majorBrand: 'isom' }, 'mp4'],
    [{ demuxer: MOV, codecs: ['h264', 'aac'], hasVideo: true, majorBrand: 'qt  ' }, 'mov'],
    [{ demuxer: 'matroska,webm', codecs: ['vp9', 'opus'], hasVideo: true }, 'webm'],
    [{ demuxer: 'matroska,webm', codecs: ['h264', 'opus'], hasVideo: true }, 'mkv'],
  ])('calls %j %s', (facts, name) => {
    expect(containerName(facts)).toBe(name);
  });
});

describe('cleanTags', () => {
  it('writes names in lower case and leaves out what the container keeps for itself', () => {
    expect(cleanTags({ TITLE: ' Talk ', major_brand: 'M4A ', handler_name: 'SoundHandler', Empty: '\u0000' })).toEqual({
      title: 'Talk',
    });
  });

  it('bounds number and length', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, 'v'.repeat(5000)]));
    const tags = cleanTags(many);
    expect(Object.keys(tags)).toHaveLength(64);
    expect(tags['k0']).toHaveLength(1024);
  });

  it('takes a name that means something to JavaScript for a name', () => {
    const tags = cleanTags(JSON.parse('{"__proto__":"x"}') as Record<string, string>);
    expect(Object.getPrototypeOf(tags)).toBe(Object.prototype);
    expect(Object.keys(tags)).toEqual(['__proto__']);
  });
});

describe('parseProbeResult', () => {
  it('takes a result', () => {
    expect(parseProbeResult(structuredClone(RESULT))).toEqual(RESULT);
  });

  it('leaves out what is not part of a result', () => {
    expect(parseProbeResult({ ...RESULT, extra: 1, tags: { title: 'Fixture', n: 5 } })).toEqual(RESULT);
  });

  it.each([
    null,
    'wav',
    {},
    { ...RESULT, container: '<script>' },
    { ...RESULT, channels: 0 },
    { ...RESULT, sampleRateHz: 1.5 },
    { ...RESULT, durationSeconds: null },
    { ...RESULT, durationSeconds: -1 },
    { ...RESULT, bitRate: '1' },
    { ...RESULT, tags: null },
    { ...RESULT, loudness: { ...RESULT.loudness, rangeLu: null } },
    { ...RESULT, loudness: { ...RESULT.loudness, integratedLufs: '-16' } },
  ])('refuses %j', (value) => {
    expect(parseProbeResult(value)).toBeUndefined();
  });
});
