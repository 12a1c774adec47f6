import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { FileListing, type FilePage, type PageQuery } from '../listing/index.js';
import { SessionTrash, type SessionRestored } from '../trash/index.js';
import type { AssetsParam, ResultsQuery } from './dto/session.params.js';
import { sessionAsset, sessionClip, sessionOriginal, sessionResult, sessionTranscript } from './session-kinds.js';
import { SessionFiles } from './session-files.js';
import { SessionEmptyError, SessionNotTrashedError } from './sessions.errors.js';

/** What belongs to a session. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly listing: FileListing,
    private readonly sessionFiles: SessionFiles,
    private readonly sessionTrash: SessionTrash,
  ) {}

  originals(sessionId: string, page: PageQuery): Promise<FilePage> {
    return this.listing.list({ kind: sessionOriginal.name, sessionId, ...within(page) });
  }

  results(sessionId: string, query: ResultsQuery): Promise<FilePage> {
    return this.listing.list({ kind: sessionResult.name, sessionId, ...within(query), ...ofSource(query) });
  }

  transcripts(sessionId: string, query: ResultsQuery): Promise<FilePage> {
    return this.listing.list({ kind: sessionTranscript.name, sessionId, ...within(query), ...ofSource(query) });
  }

  assets({ id: sessionId, category }: AssetsParam, page: PageQuery): Promise<FilePage> {
    const folder = sessionAsset.template.folder({ sessionId, category });
    return this.listing.list({ kind: sessionAsset.name, sessionId, folder, ...within(page) });
  }

  clips(sessionId: string, page: PageQuery): Promise<FilePage> {
    return this.listing.list({ kind: sessionClip.name, sessionId, ...within(page) });
  }

  /** Moves all of a session's files to the trash, as one. A session without any is there already. */
  async trash(sessionId: string, actor: Actor): Promise<void> {
    await this.sessionTrash.trash(sessionId, actor);
  }

  /**
   * Brings back what the latest deletion of the session took. Throws `SessionNotTrashedError`, or `SessionEmptyError` for a
   * session of which nothing is known.
   */
  async restore(sessionId: string, actor: Actor): Promise<SessionRestored> {
    const restored = await this.sessionTrash.restore(sessionId, actor);
    if (restored !== undefined) return restored;
    if (await this.sessionFiles.isKnown(sessionId)) throw new SessionNotTrashedError(sessionId);
    throw new SessionEmptyError(sessionId);
  }
}

function within({ limit, cursor }: PageQuery): Pick<PageQuery, 'limit' | 'cursor'> {
  return { limit, ...(cursor !== undefined && { cursor }) };
}

function ofSource({ sourceFileId }: ResultsQuery): Pick<ResultsQuery, 'sourceFileId'> {
  return sourceFileId === undefined ? {} : { sourceFileId };
}
