import { Injectable, Logger } from '@nestjs/common';
import { assertScopes, Scope, type Actor } from '../auth/index.js';
import { LinksService, toLinkResponse, type FileResponse } from '../files/index.js';
import type { StoredFileResponse } from './dto/session-file.response.js';
import type { LinkQuery } from './dto/session.params.js';

/** Who asked, and for what besides the record. */
interface Asked {
  readonly query: LinkQuery;
  readonly actor: Actor;
}

/** Answers to whoever stored a file: its record, and a link where one is asked for. */
@Injectable()
export class StoredAnswers {
  private readonly logger = new Logger('SessionUploads');

  constructor(private readonly links: LinksService) {}

  /** Before anything is stored: throws `ScopeMissingError` when a link is asked for and may not be given. */
  permit({ query, actor }: Asked): void {
    if (query.link === '1') assertScopes(actor, [Scope.LinksCreate]);
  }

  async of(file: FileResponse, { query, actor }: Asked): Promise<StoredFileResponse> {
    this.logger.log({
      event: 'SESSION_FILE_UPLOADED',
      kind: file.kind,
      sessionId: file.sessionId,
      fileId: file.id,
      key: file.key,
      contentType: file.contentType,
      sizeBytes: file.sizeBytes,
    });
    if (query.link !== '1') return file;
    return Object.assign(file, { link: toLinkResponse(await this.links.create(file.id, { request: {}, actor })) });
  }
}
