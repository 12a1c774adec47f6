import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { FileStatus, StoredFile } from '../files/index.js';
import { FormatFamily, type FileKind, type KeyParameters } from '../storage/index.js';
import type { PrefixResponse, WorkspaceResponse } from './dto/workspace.response.js';
import { sessionClip, sessionOriginal, sessionResult, sessionTranscript } from './session-kinds.js';

const PAGE = 200;

interface Sum {
  readonly kind: string;
  readonly root: string;
  readonly count: number;
  readonly size_bytes: string;
}

/** All the stored files of a session, of whatever kind. */
@Injectable()
export class SessionFiles {
  constructor(private readonly em: EntityManager) {}

  /** Whether any file of the session has a record, the trash included. */
  async isKnown(sessionId: string): Promise<boolean> {
    return (await this.em.fork().findOne(StoredFile, { sessionId }, { fields: ['id'] })) !== null;
  }

  /** One page in the order of kind and age, from behind a file on. */
  async page(sessionId: string, after?: StoredFile): Promise<readonly StoredFile[]> {
    const behind = after && { $or: [{ kind: { $gt: after.kind } }, { kind: after.kind, id: { $gt: after.id } }] };
    return this.em
      .fork()
      .find(
        StoredFile,
        { sessionId, status: FileStatus.Stored, ...behind },
        { orderBy: { kind: 'asc', id: 'asc' }, limit: PAGE },
      );
  }

  /** The session's folders with the number and size of the stored files in them; empty ones too. */
  async workspace(sessionId: string): Promise<WorkspaceResponse> {
    // Originals of each type lie below a folder of their own, which is the first segment of their keys.
    const sums = await this.em.fork().execute<Sum[]>(
      `select kind, split_part(key, '/', 1) as root, count(*)::int as count, sum(size_bytes)::text as size_bytes
       from stored_file where session_id = ? and status = 'stored' group by 1, 2`,
      [sessionId],
    );
    const of = (kind: FileKind, parameters: KeyParameters = {}): PrefixResponse => {
      const prefix = kind.template.folder({ sessionId, ...parameters });
      const sum = sums.find((candidate) => candidate.kind === kind.name && prefix.startsWith(`${candidate.root}/`));
      return { prefix, count: sum?.count ?? 0, sizeBytes: Number(sum?.size_bytes ?? 0) };
    };
    const original = (type: FormatFamily): PrefixResponse => of(sessionOriginal, { type });
    return {
      sessionId,
      prefixes: {
        original: original(FormatFamily.Audio),
        processed: of(sessionResult),
        clips: of(sessionClip),
        transcripts: of(sessionTranscript),
      },
      originals: {
        audio: original(FormatFamily.Audio),
        video: original(FormatFamily.Video),
        image: original(FormatFamily.Image),
        document: original(FormatFamily.Document),
      },
    };
  }
}
