import { AVDISCARD_ALL, AVMEDIA_TYPE_AUDIO } from 'node-av/constants';
import { avGetCodecName, Codec, CodecContext, Dictionary, FFmpegError, FormatContext, type Stream } from 'node-av/lib';
import { MediaFault } from './media-fault.js';
import { MediaFaultCode } from './media-job.js';

/** The demuxers of what is accepted for upload. None of them opens another address: HLS, DASH and concat are not here. */
const DEMUXERS = ['wav', 'mp3', 'mov', 'flac', 'ogg', 'matroska', 'aac'];

/** The codecs that recorders write into those. A picture's codec is never opened, so its decoder is no way in. */
const DECODERS = [
  'aac alac flac mp2 mp2float mp3 mp3float opus vorbis ac3 eac3 adpcm_ima_qt adpcm_ima_wav adpcm_ms pcm_alaw pcm_mulaw',
  'pcm_u8 pcm_s8 pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be pcm_f64le pcm_f64be',
].flatMap((line) => line.split(' '));

const MAX_STREAMS = 64;

export interface OpenAudio {
  readonly format: FormatContext;
  /** The sound that is decoded; all else is skipped. */
  readonly stream: Stream;
  readonly decoder: CodecContext;
}

/** Opens a recording nobody vouches for, with what FFmpeg may do narrowed to what recordings need. */
export async function openAudio(url: string): Promise<OpenAudio> {
  const format = await openInput(url);
  const stream = selectAudio(format);
  return { format, stream, decoder: await openDecoder(stream) };
}

/** The recording is at fault; with what FFmpeg said of it. */
export function unreadable(message: string, ffmpegCode?: number): MediaFault {
  if (ffmpegCode === undefined) return new MediaFault(MediaFaultCode.Unreadable, `${message}.`);
  throwIfOutOfMemory(ffmpegCode);
  return new MediaFault(MediaFaultCode.Unreadable, `${message} (${FFmpegError.strerror(ffmpegCode)}).`);
}

export function throwIfOutOfMemory(code: number): void {
  if (FFmpegError.fromCode(code)?.isENOMEM) {
    // FFmpeg says the same of a size that no memory would hold, which only a damaged file states.
    throw new MediaFault(
      MediaFaultCode.Memory,
      'The recording is damaged, or decoding it takes more memory than it may.',
    );
  }
}

async function openInput(url: string): Promise<FormatContext> {
  const format = new FormatContext();
  const opened = await format.openInput(
    url,
    null,
    Dictionary.fromObject({
      protocol_whitelist: 'http,tcp',
      format_whitelist: DEMUXERS.join(','),
      codec_whitelist: DECODERS.join(','),
      max_streams: MAX_STREAMS,
      max_redirects: 0,
    }),
  );
  if (opened < 0) throw unreadable('This is not a recording in a format that can be read, or it is damaged', opened);
  const found = await format.findStreamInfo();
  if (found < 0) throw unreadable('The recording is damaged: its contents cannot be made out', found);
  return format;
}

function selectAudio(format: FormatContext): Stream {
  const { streams } = format;
  const selected = streams[format.findBestStream(AVMEDIA_TYPE_AUDIO)];
  if (!selected) {
    if (streams.some((stream) => stream.codecpar.codecType === AVMEDIA_TYPE_AUDIO)) {
      throw unreadable('The recording is damaged: it states no possible number of channels or sample rate');
    }
    throw new MediaFault(MediaFaultCode.NoAudioStream, 'The file holds no sound');
  }
  for (const stream of streams) {
    if (stream.index !== selected.index) stream.discard = AVDISCARD_ALL;
  }
  return selected;
}

async function openDecoder(stream: Stream): Promise<CodecContext> {
  const codecName = avGetCodecName(stream.codecpar.codecId) ?? 'an unknown codec';
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  if (!codec?.name || !DECODERS.includes(codec.name)) {
    throw unreadable(`The sound is coded as ${codecName}, which cannot be read here`);
  }
  const decoder = new CodecContext();
  decoder.allocContext3(codec);
  const copied = decoder.parametersToContext(stream.codecpar);
  if (copied < 0) throw unreadable('The recording is damaged: its sound is described wrongly', copied);
  // Without it the decoder cannot cut off the encoder's delay and padding.
  decoder.pktTimebase = stream.timeBase;
  decoder.threadCount = 1;
  const opened = await decoder.open2(codec);
  if (opened < 0) throw unreadable(`The recording is damaged: its ${codecName} sound cannot be decoded`, opened);
  return decoder;
}
