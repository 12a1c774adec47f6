import { setImmediate } from 'node:timers/promises';
import { AV_DISPOSITION_ATTACHED_PIC, AVERROR_EAGAIN, AVERROR_EOF, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { avGetCodecName, Frame, Packet, type CodecContext, type FormatContext, type Stream } from 'node-av/lib';
import { AudioFilter, describe, describeConversion } from './audio-filter.js';
import { openAudio, throwIfOutOfMemory, unreadable, type OpenAudio } from './audio-input.js';
import { cleanTags, containerName, type ProbeResult } from './probe-result.js';

/** Something that looks at every decoded frame. Several can share one decoding. */
export interface FrameConsumer {
  /** All frames of a recording have the same sample format, rate and channels. The frame is lent for the call. */
  consume(frame: Frame): void;
  /** The recording is over. */
  finish(): void;
}

export interface DecodeOptions {
  readonly inputUrl: string;
  readonly sizeBytes: number;
  readonly consumers: readonly FrameConsumer[];
  /** Called with 0 to 1, never less than before, as often as the caller's loop turns. */
  readonly onProgress: (fraction: number) => void;
}

/** What decoding finds out by itself. */
export type DecodedAudio = Omit<ProbeResult, 'loudness'>;

/** Below and above these a header is damaged, or made to hurt. */
const SAMPLE_RATE_HZ = { min: 4000, max: 768_000 } as const;
const MAX_CHANNELS = 64;

/** How long the loop may stand still: progress and the parent's end are seen in between. */
const SLICE_MS = 50;

/** Reads in a row that FFmpeg may ask to repeat before it counts as stuck. */
const MAX_REPEATED_READS = 1000;

/** Decodes the sound of a recording from beginning to end, in flat memory, and lends each frame to the consumers. */
export async function decodeAudio(options: DecodeOptions): Promise<DecodedAudio> {
  const decoding = new Decoding(options, await openAudio(options.inputUrl));
  await decoding.run();
  return decoding.facts();
}

class Decoding {
  private readonly format: FormatContext;
  private readonly stream: Stream;
  private readonly decoder: CodecContext;
  private readonly packet = new Packet();
  private readonly frame = new Frame();
  /** What the first frame was: all later ones are turned into the like. */
  private reference:
    { readonly format: string; readonly conversion: string; rate: number; channels: number } | undefined;
  private converter: { readonly format: string; readonly filter: AudioFilter } | undefined;
  private samples = 0;
  private frames = 0;
  private packetBytes = 0;
  private damagedPackets = 0;
  private fraction = 0;

  constructor(
    private readonly options: DecodeOptions,
    audio: OpenAudio,
  ) {
    this.format = audio.format;
    this.stream = audio.stream;
    this.decoder = audio.decoder;
    this.packet.alloc();
    this.frame.alloc();
  }

  async run(): Promise<void> {
    let sliceEnd = performance.now() + SLICE_MS;
    while (this.readPacket()) {
      if (this.packet.streamIndex === this.stream.index) this.decodePacket();
      this.packet.unref();
      if (performance.now() < sliceEnd) continue;
      this.options.onProgress(this.fraction);
      await setImmediate();
      sliceEnd = performance.now() + SLICE_MS;
    }
    this.send(null);
    this.converter?.filter.finish(this.deliver);
    // Bytes of another kind pass for MP3 or AAC now and then: what is decoded in between is noise, not a recording.
    if (this.frames === 0 || this.damagedPackets > this.frames) {
      throw unreadable('The recording is damaged: its sound cannot be decoded');
    }
    for (const consumer of this.options.consumers) consumer.finish();
  }

  facts(): DecodedAudio {
    const { rate, channels } = this.firstFrame();
    const durationSeconds = Math.round((this.samples / rate) * 1e6) / 1e6;
    const codecs = this.format.streams.map((stream) => avGetCodecName(stream.codecpar.codecId) ?? 'unknown');
    const tags = this.format.metadata?.getAll() ?? {};
    return {
      container: containerName({
        demuxer: this.format.iformat?.name ?? 'unknown',
        codecs,
        hasVideo: this.format.streams.some(isMovingPicture),
        majorBrand: tags['major_brand'],
      }),
      codec: avGetCodecName(this.stream.codecpar.codecId) ?? 'unknown',
      channels,
      sampleRateHz: rate,
      durationSeconds,
      bitRate: this.bitRate(durationSeconds),
      tags: cleanTags({ ...this.stream.metadata?.getAll(), ...tags }),
    };
  }

  /** False at the end of what can be read: a recording cut short counts as far as it goes. */
  private readPacket(): boolean {
    for (let reads = 0; reads < MAX_REPEATED_READS; reads += 1) {
      // Waits for the loopback server inside the call, which is cheaper by far than a thread's turn for each packet.
      const code = this.format.readFrameSync(this.packet);
      if (code === AVERROR_EAGAIN) continue;
      if (code < 0) throwIfOutOfMemory(code);
      return code >= 0;
    }
    return false;
  }

  private decodePacket(): void {
    this.packetBytes += this.packet.size;
    this.fraction = Math.max(this.fraction, this.position());
    this.send(this.packet);
  }

  private send(packet: Packet | null): void {
    const sent = this.decoder.sendPacketSync(packet);
    if (sent < 0 && sent !== AVERROR_EOF) this.countDamage(sent);
    for (;;) {
      const received = this.decoder.receiveFrameSync(this.frame);
      if (received === AVERROR_EAGAIN || received === AVERROR_EOF) return;
      if (received < 0) {
        this.countDamage(received);
        return;
      }
      this.take(this.frame);
      this.frame.unref();
    }
  }

  private countDamage(code: number): void {
    throwIfOutOfMemory(code);
    this.damagedPackets += 1;
  }

  private take(frame: Frame): void {
    const format = describe(frame);
    this.reference ??= firstReference(frame);
    if (format === this.reference.format) {
      this.deliver(frame);
      return;
    }
    if (this.converter?.format !== format) {
      checkFrame(frame);
      this.converter?.filter.finish(this.deliver);
      this.converter = { format, filter: new AudioFilter(this.reference.conversion, frame) };
    }
    this.converter.filter.send(frame, this.deliver);
  }

  private readonly deliver = (frame: Frame): void => {
    // Filters count in samples; the file's own times may jump, which is none of theirs.
    frame.pts = BigInt(this.samples);
    this.samples += frame.nbSamples;
    this.frames += 1;
    for (const consumer of this.options.consumers) consumer.consume(frame);
  };

  private position(): number {
    const { num, den } = this.stream.timeBase;
    const lengthSeconds = Number(this.format.duration) / 1e6;
    const atSeconds = (Number(this.packet.pts) * num) / den;
    const fraction =
      lengthSeconds > 0 && this.packet.pts >= 0n
        ? atSeconds / lengthSeconds
        : Number(this.packet.pos) / Math.max(1, this.options.sizeBytes);
    return Math.min(1, Math.max(0, fraction));
  }

  private bitRate(durationSeconds: number): number {
    const declared = Number(this.stream.codecpar.bitRate);
    const measured = Math.max(1, Math.round((this.packetBytes * 8) / durationSeconds));
    return declared > 0 ? declared : measured;
  }

  private firstFrame(): { readonly rate: number; readonly channels: number } {
    if (!this.reference) throw new Error('Nothing has been decoded');
    return this.reference;
  }
}

function firstReference(frame: Frame) {
  checkFrame(frame);
  return {
    format: describe(frame),
    conversion: describeConversion(frame),
    rate: frame.sampleRate,
    channels: frame.channels,
  };
}

function checkFrame(frame: Frame): void {
  const { sampleRate, channels } = frame;
  if (sampleRate < SAMPLE_RATE_HZ.min || sampleRate > SAMPLE_RATE_HZ.max) {
    throw unreadable(`The recording states a sample rate of ${sampleRate} Hz, which cannot be`);
  }
  if (channels < 1 || channels > MAX_CHANNELS) {
    throw unreadable(`The recording states ${channels} channels; at most ${MAX_CHANNELS} can be read`);
  }
}

function isMovingPicture(stream: Stream): boolean {
  const isCover = (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) !== 0;
  return stream.codecpar.codecType === AVMEDIA_TYPE_VIDEO && !isCover;
}
