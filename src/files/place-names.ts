import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Clock } from '../config/index.js';
import { NameTakenError } from './files.errors.js';

/** A file that is about to become the current revision of a place. */
export interface PlaceClaim {
  readonly placeKey: string;
  readonly kind: string;
  /** `unused`: the name is to be one that nobody has had yet. */
  readonly name: 'any' | 'unused';
}

/** Keeps files that come at the same time in one order at each place. */
@Injectable()
export class PlaceNames {
  constructor(private readonly clock: Clock) {}

  /**
   * Locks a place in the transaction `em`, behind the source and before any other file. Throws `NameTakenError` where the name
   * was to be unused and is not.
   */
  async claim(em: EntityManager, { placeKey, kind, name }: PlaceClaim): Promise<void> {
    const [place] = await em.execute<{ fresh: boolean }[]>(
      `insert into place (key, kind, updated_at) values (?, ?, ?)
       on conflict (key) do update set key = excluded.key returning (xmax = 0) as fresh`,
      [placeKey, kind, this.clock.now()],
    );
    if (name === 'unused' && place?.fresh !== true) throw new NameTakenError(placeKey);
  }
}
