import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { FileStatus, StoredFile } from '../files/index.js';
import type { FilePage } from '../listing/index.js';
import type { ListExportsQuery } from './dto/export.params.js';
import { EXPORT_KINDS, executiveSummary } from './export-kinds.js';
import { readIdCursor, toPage } from './page-cursor.js';

/** Finds the exports of a document. */
@Injectable()
export class ExportsService {
  constructor(private readonly em: EntityManager) {}

  /** Newest first, by keyset. */
  async list(documentId: string, { family, language, cursor, limit }: ListExportsQuery): Promise<FilePage> {
    const em = this.em.fork();
    const kinds = family === undefined ? EXPORT_KINDS.map(({ name }) => name) : [family];
    const found = await em.execute<{ id: string }[]>(
      `select id from stored_file
       where document_id = ? and kind in (${kinds.map(() => '?').join(', ')}) and status = ?
         ${cursor === undefined ? '' : 'and id < ?'} ${language === undefined ? '' : `and ${IN_LANGUAGE}`}
       order by id desc limit ?`,
      [
        ...[documentId, ...kinds, FileStatus.Stored],
        ...(cursor === undefined ? [] : [readIdCursor(cursor)]),
        ...(language === undefined
          ? []
          : [executiveSummary.name, `/${documentId}_${language}(-[0-9]+)?\\.[a-z0-9]+$`, language]),
        limit + 1,
      ],
    );
    const { items, nextCursor } = toPage(found, limit, ({ id }) => id);
    const files = await em.find(StoredFile, { id: { $in: items.map(({ id }) => id) } }, { orderBy: { id: 'desc' } });
    return { files, nextCursor };
  }
}

/** The key of an executive summary says its language, the metadata of the others theirs. */
const IN_LANGUAGE = "case when kind = ? then key ~ ? else metadata ->> 'language' = ? end";
