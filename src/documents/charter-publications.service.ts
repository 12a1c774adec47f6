import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { AuditLog } from '../audit/index.js';
import type { Actor } from '../auth/index.js';
import { FileStatus, StoredFile } from '../files/index.js';
import { CharterDraftsService } from './charter-drafts.service.js';
import { publishedCharter } from './charter-kinds.js';
import { CharterPublication } from './charter-publication.entity.js';
import { AlreadyPublishedError, SlugTakenError } from './documents.errors.js';
import type { PublicationFacts } from './dto/charter-publication.response.js';
import type { ListPublicationsQuery } from './dto/charter.params.js';
import { lockName } from './name-lock.js';
import { readIdCursor, toPage } from './page-cursor.js';

/** What is to be published, or was. */
export interface PublicationRequest {
  readonly documentId: string;
  readonly version: number;
  readonly slug: string;
}

/** A publication and its file, while there is one. */
export interface PublishedCharter {
  readonly publication: CharterPublication;
  readonly file: StoredFile | undefined;
}

/** The history of what was published, and the rules of publishing. */
@Injectable()
export class CharterPublicationsService {
  constructor(
    private readonly em: EntityManager,
    private readonly drafts: CharterDraftsService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Refuses what may not be published, before its bytes are taken. Throws `CharterVersionNotFoundError`, `FileTrashedError`,
   * `CharterWithoutCitationsError` or `SlugTakenError`.
   */
  async assertAllowed(request: PublicationRequest): Promise<void> {
    const em = this.em.fork();
    await this.drafts.assertPublishable(request, em);
    await assertSlugFree(em, request);
  }

  /**
   * The same once more, first in the confirming transaction; from then on nobody else publishes under this slug. Throws
   * `AlreadyPublishedError` too, when readers get these very bytes of this version there already.
   */
  async claim(em: EntityManager, request: PublicationRequest, sha256: string): Promise<void> {
    await lockName(em, placeOf(request));
    await assertSlugFree(em, request);
    await this.drafts.assertPublishable(request, em);
    const { documentId, version, slug } = request;
    const file = await em.findOne(StoredFile, { placeKey: placeOf(request), status: FileStatus.Stored });
    const publication =
      file && (await em.findOne(CharterPublication, { fileId: file.id, documentId, version, slug, sha256 }));
    if (publication !== null) throw new AlreadyPublishedError(publication);
  }

  /** Enters a publication in the transaction that confirms its file, last. */
  async enter(em: EntityManager, { facts, file, actor }: PublicationEntry): Promise<void> {
    const { id, documentId, version, slug } = facts;
    const sha256 = file.checksumValue ?? '';
    await em.insert(CharterPublication, { ...facts, fileId: file.id, sha256 });
    await this.audit.record(em, [
      {
        action: 'charter.published',
        actor,
        subjectType: 'document',
        subjectId: documentId,
        details: { publicationId: id, version, slug, fileId: file.id, sha256 },
      },
    ]);
  }

  /** A document's publications, the latest first, by keyset. */
  async list(
    documentId: string,
    { cursor, limit, current }: ListPublicationsQuery,
  ): Promise<{ readonly items: readonly PublishedCharter[]; readonly nextCursor: string | null }> {
    const em = this.em.fork();
    const found = await em.execute<{ id: string }[]>(
      `select publication.id from charter_publication publication
         left join stored_file file on file.id = publication.file_id
       where publication.document_id = ? ${cursor === undefined ? '' : 'and publication.id < ?'}
         ${current === undefined ? '' : `and file.status is ${current === '1' ? 'not ' : ''}distinct from 'stored'`}
       order by publication.id desc limit ?`,
      [documentId, ...(cursor === undefined ? [] : [readIdCursor(cursor)]), limit + 1],
    );
    const { items, nextCursor } = toPage(found, limit, ({ id }) => id);
    const publications = await em.find(
      CharterPublication,
      { id: { $in: items.map(({ id }) => id) } },
      { orderBy: { id: 'desc' } },
    );
    return { items: await withFiles(em, publications), nextCursor };
  }

  /** A publication with its file. */
  async withFile(publication: CharterPublication): Promise<PublishedCharter> {
    const [published] = await withFiles(this.em.fork(), [publication]);
    return published ?? { publication, file: undefined };
  }
}

/** What is entered of a publication. */
export interface PublicationEntry {
  readonly facts: PublicationFacts;
  readonly file: StoredFile;
  readonly actor: Actor;
}

function placeOf({ slug }: Pick<PublicationRequest, 'slug'>): string {
  return publishedCharter.template.build({ slug });
}

/** A slug is a document's for as long as any of its revisions is stored or could be restored. */
async function assertSlugFree(em: EntityManager, request: PublicationRequest): Promise<void> {
  const { documentId, slug } = request;
  const other = await em.findOne(StoredFile, {
    placeKey: placeOf(request),
    status: { $in: [FileStatus.Stored, FileStatus.Trashed] },
    // SQL's `<>` would not see the file of no document.
    $or: [{ documentId: { $ne: documentId } }, { documentId: null }],
  });
  if (other !== null) throw new SlugTakenError({ slug, documentId: other.documentId ?? null });
}

/** Publications with their files, unless those are on their way out for good. */
async function withFiles(
  em: EntityManager,
  publications: readonly CharterPublication[],
): Promise<readonly PublishedCharter[]> {
  const files = await em.find(StoredFile, {
    id: { $in: publications.map(({ fileId }) => fileId) },
    status: { $in: [FileStatus.Stored, FileStatus.Trashed] },
  });
  const byId = new Map(files.map((file) => [file.id, file]));
  return publications.map((publication) => ({ publication, file: byId.get(publication.fileId) }));
}
