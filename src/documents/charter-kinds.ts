import { FileKind, RetentionClass } from '../storage/index.js';

/** Bytes of citations.json. */
export const CITATIONS_MAX_BYTES = 1024 * 1024;

/** A version of a charter, with what it cites. */
export const charterDraft = new FileKind({
  name: 'charter-draft',
  keyTemplate: 'documents/charters/drafts/{documentId}/v{version}/charter.docx',
  ifTaken: 'version',
  accepts: ['.docx'],
  retentionClass: RetentionClass.Document,
  linkable: true,
  variants: {
    citations: {
      keyTemplate: 'documents/charters/drafts/{documentId}/v{version}/citations.json',
      accepts: ['.json'],
      maxSizeBytes: CITATIONS_MAX_BYTES,
    },
  },
});

/** A charter under the name by which the public knows it. */
export const publishedCharter = new FileKind({
  name: 'published-charter',
  keyTemplate: 'documents/charters/published/{slug}.pdf',
  ifTaken: 'place',
  accepts: ['.pdf'],
  retentionClass: RetentionClass.Document,
  linkable: true,
});
