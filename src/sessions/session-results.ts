import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { StoredAnswers, type LinkQuery, type StoredFileResponse } from '../uploads/index.js';
import { SESSION_FILE_UPLOADED, sessionResult } from './session-kinds.js';
import type { PostResultRequest } from './dto/posted.requests.js';
import { NamedFiles } from './named-files.js';
import { jsonContent } from './posted-content.js';

/** A result as it was posted. */
export interface PostedResult {
  readonly sessionId: string;
  readonly body: PostResultRequest;
  readonly query: LinkQuery;
  readonly actor: Actor;
  readonly idempotencyKey: string | undefined;
}

/** Takes in what outside workers made of a session's recordings. */
@Injectable()
export class SessionResults {
  constructor(
    private readonly files: NamedFiles,
    private readonly answers: StoredAnswers,
  ) {}

  /** Stores a result; the same name again, of the same recording, replaces it. */
  async store({ body, query, actor, sessionId, idempotencyKey }: PostedResult): Promise<StoredFileResponse> {
    this.answers.permit({ query, actor });
    const { type, name, content, sourceFileId } = body;
    const stored = await this.files.store({
      kind: sessionResult,
      sessionId,
      name: name?.replace(/\.json$/, '') ?? { type },
      extension: '.json',
      bytes: jsonContent(content),
      metadata: { type },
      sourceFileId,
      idempotencyKey,
      actor,
    });
    return this.answers.of(stored, { query, actor, event: SESSION_FILE_UPLOADED });
  }
}
