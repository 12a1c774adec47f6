import { Injectable } from '@nestjs/common';
import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { FileStatus, FileTrashedError, StoredFile } from '../files/index.js';
import type { PageQuery } from '../listing/index.js';
import { CharterDraft } from './charter-draft.entity.js';
import { charterDraft } from './charter-kinds.js';
import { CharterVersionNotFoundError, CharterWithoutCitationsError } from './documents.errors.js';
import type { CharterVersion } from './dto/charter-draft.response.js';
import { readVersionCursor, toPage } from './page-cursor.js';

/** Which version of which document's charter. */
export interface CharterVersionId {
  readonly documentId: string;
  readonly version: number;
}

/** The versions of charters. */
@Injectable()
export class CharterDraftsService {
  constructor(private readonly em: EntityManager) {}

  /** Enters a version in the transaction that confirms its files. */
  async enter(em: EntityManager, [charter, citations]: readonly StoredFile[], citationCount: number): Promise<void> {
    if (charter === undefined) throw new Error('A draft has a charter');
    await em.insert(CharterDraft, {
      fileId: charter.id,
      ...charterVersionOf(charter),
      citationsFileId: citations?.id ?? null,
      citationCount,
    });
  }

  /** The stored versions, the highest first, by keyset. */
  async list(
    documentId: string,
    { cursor, limit }: PageQuery,
  ): Promise<{ readonly items: readonly CharterVersion[]; readonly nextCursor: string | null }> {
    const em = this.em.fork();
    const found = await em.execute<{ file_id: string; version: number }[]>(
      `select draft.file_id, draft.version from charter_draft draft join stored_file file on file.id = draft.file_id
       where draft.document_id = ? and file.status = ? ${cursor === undefined ? '' : 'and draft.version < ?'}
       order by draft.version desc limit ?`,
      [documentId, FileStatus.Stored, ...(cursor === undefined ? [] : [readVersionCursor(cursor)]), limit + 1],
    );
    const { items, nextCursor } = toPage(found, limit, ({ version }) => version);
    const drafts = await em.find(
      CharterDraft,
      { fileId: { $in: items.map((row) => row.file_id) } },
      { orderBy: { version: 'desc' } },
    );
    return { items: await withFiles(em, drafts), nextCursor };
  }

  /** One version, in the trash too. Throws `CharterVersionNotFoundError`. */
  async get(id: CharterVersionId): Promise<CharterVersion> {
    const em = this.em.fork();
    const draft = await em.findOne(CharterDraft, { documentId: id.documentId, version: id.version });
    const [version] = draft === null ? [] : await withFiles(em, [draft]);
    if (version === undefined) throw new CharterVersionNotFoundError(id);
    return version;
  }

  /**
   * Sees to it that a version may be published; in a transaction it stays so until the end. Throws
   * `CharterVersionNotFoundError`, `FileTrashedError` or `CharterWithoutCitationsError`.
   */
  async assertPublishable(id: CharterVersionId, em: EntityManager): Promise<void> {
    const draft = await em.findOne(CharterDraft, { documentId: id.documentId, version: id.version });
    const file = draft === null ? null : await lockForReading(em, draft.fileId);
    if (draft === null || file === null || (!file.isStored() && file.status !== FileStatus.Trashed))
      throw new CharterVersionNotFoundError(id);
    if (!file.isStored()) throw new FileTrashedError(file.id);
    if (draft.citationCount === 0) throw new CharterWithoutCitationsError(id.version);
  }
}

/** What the key of charter.docx says. */
export function charterVersionOf(charter: StoredFile): CharterVersionId {
  const { documentId, version } = charterDraft.parse(charter.key)?.parameters ?? {};
  if (documentId === undefined || version === undefined) throw new Error(`${charter.key} is no charter's key`);
  return { documentId, version: Number(version) };
}

function lockForReading(em: EntityManager, id: string): Promise<StoredFile | null> {
  const lockMode = em.isInTransaction() ? LockMode.PESSIMISTIC_READ : LockMode.NONE;
  return em.findOne(StoredFile, { id }, { lockMode, refresh: true });
}

/** The versions whose charters are there still, or in the trash. */
async function withFiles(em: EntityManager, drafts: readonly CharterDraft[]): Promise<readonly CharterVersion[]> {
  const ids = drafts.flatMap(({ fileId, citationsFileId }) => [
    fileId,
    ...(citationsFileId == null ? [] : [citationsFileId]),
  ]);
  const files = await em.find(StoredFile, {
    id: { $in: ids },
    status: { $in: [FileStatus.Stored, FileStatus.Trashed] },
  });
  const byId = new Map(files.map((file) => [file.id, file]));
  return drafts.flatMap(({ fileId, citationsFileId, documentId, version, citationCount }) => {
    const charter = byId.get(fileId);
    const citations = citationsFileId == null ? undefined : byId.get(citationsFileId);
    return charter === undefined ? [] : [{ documentId, version, charter, citations, citationCount }];
  });
}
