import { cleanText } from './clean-text.js';

/** Loudness by EBU R 128. */
export interface Loudness {
  /** Gated, over the whole recording; null in silence and in less than 400 ms, which the gate takes for silence. */
  readonly integratedLufs: number | null;
  /** The highest of all channels; null where every sample is zero. */
  readonly truePeakDbtp: number | null;
  readonly rangeLu: number;
}

/** What is known of a recording after all of it has been decoded. */
export interface ProbeResult {
  /** wav, mp3, flac, ogg, aac, webm, mkv, m4a, mp4 or mov: see `containerName`. */
  readonly container: string;
  /** FFmpeg's name of the codec: pcm_s16le, mp3, aac, opus, ... */
  readonly codec: string;
  readonly channels: number;
  readonly sampleRateHz: number;
  /** Of the decoded samples, without the encoder's delay and padding. */
  readonly durationSeconds: number;
  /** Of the sound, in bits a second: as declared, else as measured. */
  readonly bitRate: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly loudness: Loudness;
}

export interface ContainerFacts {
  /** FFmpeg's name of the demuxer, such as `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly demuxer: string;
  /** The codecs of every stream. */
  readonly codecs: readonly string[];
  /** Moving pictures; a cover does not count. */
  readonly hasVideo: boolean;
  /** `ftyp` of the MP4 family, as FFmpeg gives it: four characters, blanks included. */
  readonly majorBrand?: string | undefined;
}

/** WebM is Matroska with these codecs only (https://www.webmproject.org/docs/container/). */
const WEBM_CODECS = ['vp8', 'vp9', 'av1', 'opus', 'vorbis', 'webvtt'];

/**
 * The container under the name that people know it by. Where FFmpeg has one demuxer for a family: `mov` has QuickTime's
 * brand, else `mp4` has moving pictures and `m4a` has none; `webm` has only WebM's codecs, else it is `mkv`.
 */
export function containerName(facts: ContainerFacts): string {
  const family = facts.demuxer.split(',');
  if (family.includes('mov')) {
    if (facts.majorBrand?.trim() === 'qt') return 'mov';
    return facts.hasVideo ? 'mp4' : 'm4a';
  }
  if (family.includes('matroska')) return facts.codecs.every((codec) => WEBM_CODECS.includes(codec)) ? 'webm' : 'mkv';
  return family[0] ?? facts.demuxer;
}

const MAX_TAGS = 64;
const MAX_TAG_NAME_LENGTH = 64;
const MAX_TAG_VALUE_LENGTH = 1024;

/** The containers' own bookkeeping, which FFmpeg hands out as tags. */
const TECHNICAL_TAGS = /^(major_brand|minor_version|compatible_brands|handler_name|vendor_id|duration|_statistics.*)$/;

/** What people wrote into the file: lower-case names, no control characters, bounded in number and length. */
export function cleanTags(raw: Readonly<Record<string, string>>): Record<string, string> {
  const tags = Object.entries(raw)
    .map(([name, value]) => [
      cleanText(name.toLowerCase(), MAX_TAG_NAME_LENGTH),
      cleanText(value, MAX_TAG_VALUE_LENGTH),
    ])
    .filter(([name, value]) => name !== '' && value !== '' && !TECHNICAL_TAGS.test(name ?? ''))
    .slice(0, MAX_TAGS);
  return Object.fromEntries(tags) as Record<string, string>;
}

/** Checks what a child reported: it has handled hostile bytes, so its word is input. `undefined` where it is no result. */
export function parseProbeResult(value: unknown): ProbeResult | undefined {
  if (!isRecord(value) || !isRecord(value['tags']) || !isRecord(value['loudness'])) return undefined;
  const { container, codec, channels, sampleRateHz, durationSeconds, bitRate, tags } = value;
  const { integratedLufs, truePeakDbtp, rangeLu } = value['loudness'];
  if (!isName(container) || !isName(codec)) return undefined;
  if (!isCount(channels) || !isCount(sampleRateHz) || !isCount(bitRate)) return undefined;
  if (!isNumber(durationSeconds) || durationSeconds <= 0) return undefined;
  if (!isNumberOrNull(integratedLufs) || !isNumberOrNull(truePeakDbtp) || !isNumber(rangeLu)) return undefined;
  const texts = Object.entries(tags).filter((tag): tag is [string, string] => typeof tag[1] === 'string');
  return {
    container,
    codec,
    channels,
    sampleRateHz,
    durationSeconds,
    bitRate,
    tags: cleanTags(Object.fromEntries(texts)),
    loudness: { integratedLufs, truePeakDbtp, rangeLu },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z0-9_]{1,32}$/.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || isNumber(value);
}
