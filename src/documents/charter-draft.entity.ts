import { defineEntity, p } from '@mikro-orm/core';

const CharterDraftSchema = defineEntity({
  name: 'CharterDraft',
  tableName: 'charter_draft',
  properties: {
    /** Of charter.docx. The row goes when that file is purged; its number is not given out again. */
    fileId: p.uuid().primary(),
    documentId: p.string().length(64),
    version: p.integer(),
    /** Null for a draft that came without. */
    citationsFileId: p.uuid().nullable(),
    citationCount: p.integer(),
  },
});

/** One version of a charter. */
export class CharterDraft extends CharterDraftSchema.class {}
CharterDraftSchema.setClass(CharterDraft);
