import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** How an operation ended. `missing`: the store said that there is nothing, which is an answer. */
export type Outcome = 'ok' | 'missing' | 'refused' | 'unavailable' | 'failed';

/** Everything this process counts, in Prometheus' terms. Names follow its conventions: base units, `_total`. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly storeOperation = new Histogram({
    name: 'catalyst_store_operation_duration_seconds',
    help: 'Time an object-store operation took, by operation and outcome.',
    labelNames: ['operation', 'outcome'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.registry],
  });

  readonly uploads = new Counter({
    name: 'catalyst_uploads_total',
    help: 'Uploads, by kind of file and outcome (stored, replayed, or the code of the error).',
    labelNames: ['kind', 'outcome'] as const,
    registers: [this.registry],
  });

  readonly uploadedBytes = new Counter({
    name: 'catalyst_uploaded_bytes_total',
    help: 'Bytes of files that were stored, by kind of file.',
    labelNames: ['kind'] as const,
    registers: [this.registry],
  });

  readonly steps = new Histogram({
    name: 'catalyst_processing_step_duration_seconds',
    help: 'Time a processing step took, by step and outcome.',
    labelNames: ['step', 'outcome'] as const,
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A gauge that is read when somebody scrapes. */
  gauge<Label extends string>(options: {
    name: string;
    help: string;
    labelNames: readonly Label[];
    read: () => Promise<readonly { labels: Record<Label, string>; value: number }[]>;
  }): void {
    const { read, ...rest } = options;
    const gauge: Gauge<Label> = new Gauge<Label>({
      ...rest,
      registers: [this.registry],
      async collect() {
        gauge.reset();
        // What cannot be read now is left out; the rest of the scrape is worth having.
        const readings = await read().catch(() => []);
        for (const { labels, value } of readings) gauge.set(labels, value);
      },
    });
  }
}
