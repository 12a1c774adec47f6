import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import type { StoredFile } from '../../src/files/index.js';
import { FileListing, type PageQuery } from '../../src/listing/index.js';
import { captionDraft } from './caption-kinds.js';
import { Caption } from './caption.entity.js';

export interface Draft {
  readonly caption: Caption;
  readonly file: StoredFile;
}

export interface CaptionPage {
  /** Newest first. */
  readonly drafts: readonly Draft[];
  readonly nextCursor: string | null;
}

/** Finds captions. */
@Injectable()
export class CaptionsService {
  constructor(
    private readonly em: EntityManager,
    private readonly listing: FileListing,
  ) {}

  /** One page of a session's drafts; what is in the trash is not among them. */
  async list(sessionId: string, { limit, cursor }: PageQuery): Promise<CaptionPage> {
    const query = { kind: captionDraft.name, sessionId, limit, ...(cursor !== undefined && { cursor }) };
    const { files, nextCursor } = await this.listing.list(query);
    const captions = await this.em.fork().find(Caption, { fileId: { $in: files.map((file) => file.id) } });
    const byFile = new Map(captions.map((caption) => [caption.fileId, caption]));
    const drafts = files.flatMap((file) => {
      const caption = byFile.get(file.id);
      return caption === undefined ? [] : [{ caption, file }];
    });
    return { drafts, nextCursor };
  }
}
