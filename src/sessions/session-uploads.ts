import { Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { assertScopes, Scope, type Actor } from '../auth/index.js';
import { checkQuery } from '../http/index.js';
import { LinksService, toLinkResponse } from '../files/index.js';
import { FormUploads } from '../uploads/index.js';
import type { StoredFileResponse } from './dto/session-file.response.js';
import { OriginalTypeQuery } from './dto/session.params.js';
import { sessionOriginal } from './session-kinds.js';

/** An upload request of a session. */
export interface SessionUpload {
  readonly sessionId: string;
  readonly query: OriginalTypeQuery;
  readonly actor: Actor;
  readonly request: Request;
  readonly response: Response;
}

/** Takes originals in. */
@Injectable()
export class SessionUploads {
  private readonly logger = new Logger(SessionUploads.name);

  constructor(
    private readonly forms: FormUploads,
    private readonly links: LinksService,
  ) {}

  /** Stores the form's file; with `?link=1` the answer carries a link. */
  async receive({ sessionId, query, actor, request, response }: SessionUpload): Promise<StoredFileResponse> {
    if (query.link === '1') assertScopes(actor, [Scope.LinksCreate]);
    const file = await this.forms.receive(
      { request, response },
      {
        kind: sessionOriginal,
        actor,
        target: async (fields) => {
          const { type } = await checkQuery(OriginalTypeQuery, { ...named(fields), ...request.query });
          return { parameters: { sessionId, type }, references: { sessionId } };
        },
      },
    );
    this.logger.log({
      event: 'SESSION_FILE_UPLOADED',
      sessionId,
      fileId: file.id,
      key: file.key,
      contentType: file.contentType,
      sizeBytes: file.sizeBytes,
    });
    if (query.link !== '1') return file;
    return Object.assign(file, { link: toLinkResponse(await this.links.create(file.id, { request: {}, actor })) });
  }
}

/** Of the form's fields, the ones that are parameters: what else a form carries is its own business. */
function named(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return 'type' in fields ? { type: fields['type'] } : {};
}
