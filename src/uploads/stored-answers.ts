import { Injectable, Logger } from '@nestjs/common';
import { assertScopes, Scope, type Actor } from '../auth/index.js';
import type { FileResponse } from '../files/index.js';
import { LinksService, toLinkResponse, type LinkResponse } from '../links/index.js';
import type { LinkQuery } from './dto/link.query.js';
import type { StoredFileResponse } from './dto/stored-file.response.js';
import type { Receipt } from './receipt.js';

/** Who asked, and for what besides the record. */
interface Asked {
  readonly query: LinkQuery;
  readonly actor: Actor;
}

/** Answers to whoever stored a file: its record, and a link where one is asked for. */
@Injectable()
export class StoredAnswers {
  private readonly logger = new Logger(StoredAnswers.name);

  constructor(private readonly links: LinksService) {}

  /** Before anything is stored: throws `ScopeMissingError` when a link is asked for and may not be given. */
  permit({ query, actor }: Asked): void {
    if (query.link === '1') assertScopes(actor, [Scope.LinksCreate]);
  }

  /** Logs what was stored as `event`, the first time. */
  async of(
    { answer: file, replayed }: Receipt<FileResponse>,
    { query, actor, event }: Asked & { readonly event: string },
  ): Promise<StoredFileResponse> {
    if (!replayed) {
      const { kind, sessionId, documentId, id: fileId, key, contentType, sizeBytes } = file;
      this.logger.log({ event, kind, sessionId, documentId, fileId, key, contentType, sizeBytes });
    }
    if (query.link !== '1') return file;
    return Object.assign(file, { link: await this.link(file.id, actor) });
  }

  /** Null when it cannot be made: the file is stored by now, and an error would have it sent again. */
  private async link(fileId: string, actor: Actor): Promise<LinkResponse | null> {
    try {
      return toLinkResponse(await this.links.create(fileId, { request: {}, actor }));
    } catch (error) {
      this.logger.warn({ event: 'LINK_NOT_MADE', fileId, err: error }, 'a file was stored and its link not made');
      return null;
    }
  }
}
