import { FileKind, RetentionClass } from '../storage/index.js';

/** What every family of exports has in common. */
const EXPORT = {
  ifTaken: 'suffix',
  accepts: ['.pdf', '.docx', '.pptx'],
  retentionClass: RetentionClass.Document,
  linkable: true,
} as const;

/** One file for each language. */
export const executiveSummary = new FileKind({
  ...EXPORT,
  name: 'executive-summary',
  keyTemplate: 'documents/exports/executive-summaries/{date}/{documentId}_{language}.{ext}',
  legacyTemplates: ['documents/exports/executive-summaries/{date}/{documentId}.{ext}'],
});

export const slideDeck = new FileKind({
  ...EXPORT,
  name: 'slide-deck',
  keyTemplate: 'documents/exports/slide-decks/{date}/{documentId}_slides.{ext}',
  legacyTemplates: ['documents/exports/slide-decks/{date}/{documentId}.{ext}'],
});

export const onePager = new FileKind({
  ...EXPORT,
  name: 'one-pager',
  keyTemplate: 'documents/exports/one-pagers/{date}/{documentId}_onepager.{ext}',
  legacyTemplates: ['documents/exports/one-pagers/{date}/{documentId}.{ext}'],
});

export const EXPORT_KINDS: readonly FileKind[] = [executiveSummary, slideDeck, onePager];

/** What the log calls it when a file of one of these kinds was stored. */
export const DOCUMENT_EXPORT_UPLOADED = 'DOCUMENT_EXPORT_UPLOADED';

/** What a family may be called: by its kind, or by its folder. */
export const EXPORT_FAMILIES: Readonly<Record<string, FileKind>> = {
  'executive-summary': executiveSummary,
  'executive-summaries': executiveSummary,
  'slide-deck': slideDeck,
  'slide-decks': slideDeck,
  'one-pager': onePager,
  'one-pagers': onePager,
};
