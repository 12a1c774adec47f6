import { Injectable } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { FileStatus, StoredFile } from '../files/index.js';
import { FileListing, type PageQuery } from '../listing/index.js';
import { splitExtension, type FileKind } from '../storage/index.js';
import { TemplateNotFoundError } from './documents.errors.js';
import { exportTemplate, TEMPLATE_FAMILIES } from './template-kinds.js';

const MAX_REVISIONS = 200;

/** A template by family and name; the name may lack its extension. */
export interface TemplateName {
  readonly family: string;
  readonly name: string;
}

/** A template's current revision. */
export interface Template {
  /** Of the folder. */
  readonly family: string;
  /** With its extension. */
  readonly name: string;
  readonly file: StoredFile;
}

export interface TemplateRevisions extends Template {
  readonly revisions: readonly StoredFile[];
}

/** The templates and their revisions. */
@Injectable()
export class TemplatesService {
  constructor(
    private readonly em: EntityManager,
    private readonly listing: FileListing,
  ) {}

  /** The current revisions of a family, the latest stored first. */
  async list(
    family: string,
    { limit, cursor }: PageQuery,
  ): Promise<{ readonly items: readonly Template[]; readonly nextCursor: string | null }> {
    const kind = kindOf(family).name;
    const { files, nextCursor } = await this.listing.list({ kind, limit, ...(cursor !== undefined && { cursor }) });
    return { items: files.map(templateOf), nextCursor };
  }

  /** The current revision and those before it. Throws `TemplateNotFoundError`. */
  async get(template: TemplateName): Promise<TemplateRevisions> {
    const em = this.em.fork();
    const [file] = await this.currentOf(em, template);
    if (file?.placeKey == null) throw new TemplateNotFoundError(template);
    const revisions = await em.find(
      StoredFile,
      { placeKey: file.placeKey, status: { $in: [FileStatus.Stored, FileStatus.Trashed] } },
      { orderBy: { id: 'desc' }, limit: MAX_REVISIONS },
    );
    return { ...templateOf(file), revisions };
  }

  /** Current revisions of that name, the latest stored first: a bare name may be a DOCX's and a PPTX's. */
  currentOf(em: EntityManager, template: TemplateName): Promise<StoredFile[]> {
    return em.find(
      StoredFile,
      { placeKey: { $in: [...placesOf(template)] }, status: FileStatus.Stored },
      { orderBy: { storedAt: 'desc', id: 'desc' } },
    );
  }
}

/** The kind of a family; the family was checked before. */
export function kindOf(family: string): FileKind {
  return TEMPLATE_FAMILIES[family] ?? exportTemplate;
}

/** What stands for a template in its file's keys. */
export function templateOf(file: StoredFile): Template {
  const placeKey = file.placeKey ?? file.key;
  const [name = '', family = ''] = placeKey.split('/').reverse();
  return { family, name, file };
}

/** Every place that a name may mean. */
function placesOf({ family, name }: TemplateName): readonly string[] {
  const kind = kindOf(family);
  const { stem, extension } = splitExtension(name);
  return kind.accepts
    .filter((accepted) => extension === '' || accepted === extension)
    .map((accepted) => kind.template.build({ name: stem, ext: accepted.slice(1) }));
}
