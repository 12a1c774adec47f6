import {
  AV_BUFFERSRC_FLAG_KEEP_REF,
  AV_BUFFERSRC_FLAG_PUSH,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_DOUBLE,
  AVERROR_EAGAIN,
  AVERROR_EOF,
} from 'node-av/constants';
import {
  avChannelLayoutDescribe,
  avGetSampleFmtName,
  FFmpegError,
  Filter,
  FilterGraph,
  FilterInOut,
  Frame,
  type FilterContext,
} from 'node-av/lib';

/** A chain of FFmpeg's audio filters for frames of one format, without threads and in the order of the calls. */
export class AudioFilter {
  private readonly graph = new FilterGraph();
  private readonly source: FilterContext;
  private readonly sink: FilterContext;
  private readonly output = new Frame();

  /** `description` as in FFmpeg's `-af`; `like` is a frame of the format that will be sent. */
  constructor(description: string, like: Frame) {
    this.graph.alloc();
    this.graph.nbThreads = 1;
    this.output.alloc();
    this.source = this.create('abuffer', 'in', describe(like));
    this.sink = this.create('abuffersink', 'out', null);
    const begin = endpoint('in', this.source);
    const end = endpoint('out', this.sink);
    FFmpegError.throwIfError(this.graph.parsePtr(description, end, begin), 'parse filters');
    FFmpegError.throwIfError(this.graph.configSync(), 'configure filters');
  }

  /** The frame stays the caller's. What comes out is lent to `receive` for the call. */
  send(frame: Frame, receive?: (output: Frame) => void): void {
    this.add(frame);
    this.drain(receive);
  }

  /** Lets out what the filters held back. Nothing may be sent afterwards. */
  finish(receive?: (output: Frame) => void): void {
    this.add(null);
    this.drain(receive);
  }

  /** A figure that the first filter of this name computes. */
  readNumber(filterName: string, option: string): number {
    const filter = this.graph.filters?.find((candidate) => candidate.name?.includes(filterName));
    return filter?.getOption(option, AV_OPT_TYPE_DOUBLE, AV_OPT_SEARCH_CHILDREN) ?? Number.NaN;
  }

  private add(frame: Frame | null): void {
    const flags = AV_BUFFERSRC_FLAG_KEEP_REF | AV_BUFFERSRC_FLAG_PUSH;
    FFmpegError.throwIfError(
      this.source.buffersrcAddFrameSync(frame, flags as typeof AV_BUFFERSRC_FLAG_PUSH),
      'filter',
    );
  }

  private drain(receive: ((output: Frame) => void) | undefined): void {
    for (;;) {
      const code = this.sink.buffersinkGetFrameSync(this.output);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      FFmpegError.throwIfError(code, 'filter');
      receive?.(this.output);
      this.output.unref();
    }
  }

  private create(filterName: string, name: string, options: string | null): FilterContext {
    const filter = Filter.getByName(filterName);
    const context = filter && this.graph.createFilter(filter, name, options);
    if (!context) throw new Error(`FFmpeg has no filter ${filterName}`);
    return context;
  }
}

/** What makes two frames of one kind, in the words of `abuffer`. Times are counted in samples. */
export function describe(frame: Frame): string {
  return [
    `time_base=1/${frame.sampleRate}`,
    `sample_rate=${frame.sampleRate}`,
    `sample_fmt=${sampleFormat(frame)}`,
    `channel_layout=${layout(frame)}`,
  ].join(':');
}

/** An `aformat` filter that turns any frames into frames like this one. */
export function describeConversion(frame: Frame): string {
  return `aformat=sample_fmts=${sampleFormat(frame)}:sample_rates=${frame.sampleRate}:channel_layouts=${layout(frame)}`;
}

function sampleFormat(frame: Frame): string {
  return avGetSampleFmtName(frame.format as Parameters<typeof avGetSampleFmtName>[0]) ?? 'none';
}

function layout(frame: Frame): string {
  return avChannelLayoutDescribe(frame.channelLayout) ?? `${frame.channels} channels`;
}

function endpoint(name: string, context: FilterContext): FilterInOut {
  const end = new FilterInOut();
  end.alloc();
  end.name = name;
  end.filterCtx = context;
  end.padIdx = 0;
  return end;
}
