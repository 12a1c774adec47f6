import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Clock } from '../config/index.js';
import { NameTakenError } from './files.errors.js';

/** A file that is about to become the current revision of a place. */
export interface PlaceClaim {
  readonly placeKey: string;
  readonly kind: string;
  /** Whose result it is; null for one that is no single file's. */
  readonly sourceFileId: string | null;
  /** `unused`: the name is to be one that nobody has had yet. */
  readonly name: 'any' | 'unused';
}

/** Keeps one source's files from taking the names of another's. */
@Injectable()
export class PlaceNames {
  constructor(private readonly clock: Clock) {}

  /**
   * Locks a place in the transaction `em`, behind the source and before any other file. Throws `NameTakenError` while it has a
   * file of another source; what belongs to no source yields to what a source has in the trash too.
   */
  async claim(em: EntityManager, { placeKey, kind, sourceFileId, name }: PlaceClaim): Promise<void> {
    const [place] = await em.execute<{ fresh: boolean }[]>(
      `insert into place (key, kind, updated_at) values (?, ?, ?)
       on conflict (key) do update set key = excluded.key returning (xmax = 0) as fresh`,
      [placeKey, kind, this.clock.now()],
    );
    if (place?.fresh === true) return;
    if (name === 'unused') throw new NameTakenError(placeKey);
    const others = await em.execute<unknown[]>(
      `select 1 from stored_file where place_key = ? and source_file_id is distinct from ?::uuid
         and (status = 'stored' or (status = 'trashed' and ?::uuid is null)) limit 1`,
      [placeKey, sourceFileId, sourceFileId],
    );
    if (others.length > 0) throw new NameTakenError(placeKey);
  }
}
