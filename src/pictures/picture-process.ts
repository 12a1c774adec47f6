import type { Readable } from 'node:stream';
import { PictureChild } from './picture-child.js';
import type { PictureShape, RenderedPictures } from './picture-job.js';
import { DEFAULT_PICTURE_LIMITS, type PictureLimits } from './picture-limits.js';
import { PictureQueue } from './picture-queue.js';

export interface PictureProcessOptions {
  readonly limits?: Partial<PictureLimits>;
  /** The built worker, a file URL; by default the one beside this module. */
  readonly worker?: URL;
}

export interface PictureWork {
  readonly shape: PictureShape;
  /** Kills the work at once; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Makes pictures nobody vouches for into pictures of ours, each in a process of its own that has limits and no secrets. When a
 * promise settles, the process is gone and the body destroyed.
 *
 * A rejection is one of `pictures.errors.ts`, or what the body failed with.
 */
export class PictureProcess {
  private readonly limits: PictureLimits;
  private readonly worker: URL;
  private readonly queue: PictureQueue;

  constructor(options: PictureProcessOptions = {}) {
    this.limits = { ...DEFAULT_PICTURE_LIMITS, ...options.limits };
    this.worker = options.worker ?? new URL('./picture-worker.js', import.meta.url);
    this.queue = new PictureQueue(this.limits);
  }

  /** Streams the picture to a child when there is room for one, and gives back both sizes of it. */
  async render(body: Readable, { shape, signal }: PictureWork): Promise<RenderedPictures> {
    try {
      return await this.queue.run(() => this.inChild(body, { shape, ...(signal && { signal }) }), signal);
    } finally {
      body.destroy();
    }
  }

  private async inChild(body: Readable, { shape, signal }: PictureWork): Promise<RenderedPictures> {
    const child = new PictureChild({ worker: this.worker, limits: this.limits, shape });
    try {
      return await child.render(body, signal);
    } finally {
      await child.end();
    }
  }
}
