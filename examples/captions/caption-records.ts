import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { OnFileStored, type StoredFile } from '../../src/files/index.js';
import { captionDraft } from './caption-kinds.js';
import { Caption } from './caption.entity.js';

/** Keeps a row for each draft, from the transaction that stores it. */
@Injectable()
export class CaptionRecords {
  /** What throws here undoes the upload: there is no draft without its row. */
  @OnFileStored(captionDraft.name)
  async record(em: EntityManager, file: StoredFile): Promise<void> {
    const language = captionDraft.template.parse(file.key)?.parameters['language'];
    if (language === undefined)
      throw new Error(`The key of a draft names its language, and this does not: ${file.key}`);
    await em.insert(Caption, { fileId: file.id, language });
  }
}
