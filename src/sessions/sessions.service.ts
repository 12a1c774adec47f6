import { Injectable } from '@nestjs/common';
import { FilesService, type FilePage, type PageQuery } from '../files/index.js';
import { sessionOriginal, sessionResult } from './session-kinds.js';

/** What belongs to a session. */
@Injectable()
export class SessionsService {
  constructor(private readonly files: FilesService) {}

  originals(sessionId: string, page: PageQuery): Promise<FilePage> {
    return this.files.list({ kind: sessionOriginal.name, sessionId, ...within(page) });
  }

  results(sessionId: string, page: PageQuery): Promise<FilePage> {
    return this.files.list({ kind: sessionResult.name, sessionId, ...within(page) });
  }
}

function within({ limit, cursor }: PageQuery): Pick<PageQuery, 'limit' | 'cursor'> {
  return { limit, ...(cursor !== undefined && { cursor }) };
}
