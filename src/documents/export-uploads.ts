import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Actor } from '../auth/index.js';
import { toFileResponse } from '../files/index.js';
import { checkQuery } from '../http/index.js';
import type { FileKind } from '../storage/index.js';
import { formParameters, FormUploads, StoredAnswers, type StoredFileResponse } from '../uploads/index.js';
import { ExportParameters, type ExportUploadQuery } from './dto/export.params.js';
import { DOCUMENT_EXPORT_UPLOADED, EXPORT_KINDS, executiveSummary } from './export-kinds.js';
import { exportOf } from './export-targets.js';

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
  constructor(
    private readonly forms: FormUploads,
    private readonly answers: StoredAnswers,
  ) {}

  /** Stores the form's file; with `?link=1` the answer carries a link. */
  async receive({ documentId, query, actor, request, response }: ExportUpload): Promise<StoredFileResponse> {
    this.answers.permit({ query, actor });
    const stored = await this.forms.receiveAs(
      { request, response },
      {
        kind: kindOf(query.family),
        actor,
        target: async (fields) => {
          const sent = formParameters(['family', 'language'], { fields, query: request.query });
          const { family, language } = await checkQuery(ExportParameters, sent);
          return { kind: kindOf(family), ...exportOf({ documentId, ...(language !== undefined && { language }) }) };
        },
        answer: toFileResponse,
      },
    );
    return this.answers.of(stored, { query, actor, event: DOCUMENT_EXPORT_UPLOADED });
  }
}

/** The families take the same, so that any of them stands for one that a field is still to name. */
function kindOf(family: string | undefined): FileKind {
  return EXPORT_KINDS.find(({ name }) => name === family) ?? executiveSummary;
}
