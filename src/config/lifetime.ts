import { Injectable } from '@nestjs/common';

/** Tells long work that the process is about to end, before anything it needs is taken away. */
@Injectable()
export class Lifetime {
  private readonly controller = new AbortController();

  /** Aborted when the process is told to stop. */
  get stopping(): AbortSignal {
    return this.controller.signal;
  }

  stop(): void {
    this.controller.abort(new Error('The service stops'));
  }
}
