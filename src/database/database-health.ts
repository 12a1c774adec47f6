import { setTimeout as sleep } from 'node:timers/promises';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

/** Says whether the database answers. */
@Injectable()
export class DatabaseHealth {
  constructor(private readonly orm: MikroORM) {}

  /** Rejects when the database refuses, or has not answered within the time given. */
  async ping(timeoutMs = 2000): Promise<void> {
    const timer = new AbortController();
    const query = this.orm.em.getConnection().execute('select 1');
    const timeout = sleep(timeoutMs, undefined, { signal: timer.signal, ref: false }).then(() => {
      throw new Error(`The database has not answered within ${timeoutMs} ms.`);
    });
    try {
      await Promise.race([query, timeout]);
    } finally {
      timer.abort();
    }
  }
}
