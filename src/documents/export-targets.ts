import { Injectable } from '@nestjs/common';
import { UploadTarget } from '../direct-uploads/index.js';
import type { FormTarget } from '../uploads/index.js';
import { ExportOfDocument, SummaryOfDocument } from './dto/export-target.params.js';
import { DOCUMENT_EXPORT_UPLOADED, executiveSummary, onePager, slideDeck } from './export-kinds.js';

/** Where the exports of a document go that are sent straight to the store. */
@Injectable()
export class ExportTargets {
  @UploadTarget(executiveSummary, { parameters: SummaryOfDocument, event: DOCUMENT_EXPORT_UPLOADED })
  summary(sent: SummaryOfDocument): FormTarget {
    return exportOf(sent);
  }

  @UploadTarget(slideDeck, { parameters: ExportOfDocument, event: DOCUMENT_EXPORT_UPLOADED })
  slides(sent: ExportOfDocument): FormTarget {
    return exportOf(sent);
  }

  @UploadTarget(onePager, { parameters: ExportOfDocument, event: DOCUMENT_EXPORT_UPLOADED })
  onePager(sent: ExportOfDocument): FormTarget {
    return exportOf(sent);
  }
}

/** Of the families without a language in their key, it is kept as metadata. */
export function exportOf({ documentId, language }: ExportOfDocument): FormTarget {
  const known = language === undefined ? {} : { language };
  return { parameters: { documentId, ...known }, references: { documentId }, metadata: known };
}
