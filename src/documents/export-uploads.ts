import { Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { assertScopes, Scope, type Actor } from '../auth/index.js';
import { LinksService, toLinkResponse } from '../files/index.js';
import { checkQuery } from '../http/index.js';
import type { FileKind } from '../storage/index.js';
import { FormUploads } from '../uploads/index.js';
import { ExportParameters, type ExportUploadQuery } from './dto/export.params.js';
import type { StoredExportResponse } from './dto/stored-export.response.js';
import { EXPORT_KINDS, executiveSummary } from './export-kinds.js';
import { withQuery } from './form-parameters.js';

/** An upload request of a document. */
export interface ExportUpload {
  readonly documentId: string;
  readonly query: ExportUploadQuery;
  readonly actor: Actor;
  readonly request: Request;
  readonly response: Response;
}

/** Takes exports in. */
@Injectable()
export class ExportUploads {
  private readonly logger = new Logger(ExportUploads.name);

  constructor(
    private readonly forms: FormUploads,
    private readonly links: LinksService,
  ) {}

  /** Stores the form's file; with `?link=1` the answer carries a link. */
  async receive({ documentId, query, actor, request, response }: ExportUpload): Promise<StoredExportResponse> {
    if (query.link === '1') assertScopes(actor, [Scope.LinksCreate]);
    const file = await this.forms.receive(
      { request, response },
      {
        kind: kindOf(query.family),
        actor,
        target: async (fields) => {
          const sent = withQuery(['family', 'language'], { fields, request });
          const { family, language } = await checkQuery(ExportParameters, sent);
          const known = language === undefined ? {} : { language };
          return {
            kind: kindOf(family),
            parameters: { documentId, ...known },
            references: { documentId },
            metadata: known,
          };
        },
      },
    );
    this.logger.log({ event: 'DOCUMENT_EXPORT_UPLOADED', documentId, fileId: file.id, key: file.key });
    if (query.link !== '1') return file;
    return Object.assign(file, { link: toLinkResponse(await this.links.create(file.id, { request: {}, actor })) });
  }
}

/** The families take the same, so that any of them stands for one that a field is still to name. */
function kindOf(family: string | undefined): FileKind {
  return EXPORT_KINDS.find(({ name }) => name === family) ?? executiveSummary;
}
