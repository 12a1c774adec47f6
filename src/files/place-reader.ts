import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Clock } from '../config/index.js';
import { Place } from './place.entity.js';
import { FileCondition, FileStatus, StoredFile } from './stored-file.entity.js';

/** How long a replaced revision is still given to readers that learned of it before. */
const REPLACED_READABLE_MS = 300_000;

/** Reads places for those who know them by their fixed names. */
@Injectable()
export class PlaceReader {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /** The files of a place's current revision, the main file first: one statement, so always of one revision. Empty without. */
  async current(placeKey: string): Promise<readonly StoredFile[]> {
    const em = this.em.fork();
    const found = await em.execute<Record<string, unknown>[]>(
      `select f.* from place p join stored_file f on f.place_key = p.key and f.revision_id = p.current_revision_id
       where p.key = ? and f.status = 'stored' order by f.variant nulls first`,
      [placeKey],
    );
    return found.map((row) => em.map(StoredFile, row));
  }

  /**
   * The files of a revision that may be read: of the current one, and for five minutes more of one that was replaced, as long
   * as its place is not empty. Whoever was told of a revision a moment ago still gets it; what was deleted is gone at once.
   */
  async revision(revisionId: string): Promise<readonly StoredFile[]> {
    const em = this.em.fork();
    const files = await em.find(StoredFile, { revisionId, condition: FileCondition.Ok });
    if (files.every((file) => file.isStored())) return files;
    const earliest = this.clock.now().getTime() - REPLACED_READABLE_MS;
    const replaced = files.filter(
      ({ status, replacedById, trashedAt }) =>
        status === FileStatus.Trashed && replacedById != null && (trashedAt?.getTime() ?? 0) > earliest,
    );
    const occupied = await em.count(Place, {
      key: { $in: replaced.flatMap(({ placeKey }) => placeKey ?? []) },
      currentRevisionId: { $ne: null },
    });
    return occupied > 0 ? replaced : [];
  }

  /** Whether this file, when it became current, took the place of another; asked in the transaction that made it so. */
  async hasReplaced(em: EntityManager, file: StoredFile): Promise<boolean> {
    const { placeKey, id: replacedById } = file;
    return (await em.count(StoredFile, { placeKey, status: FileStatus.Trashed, replacedById })) > 0;
  }
}
