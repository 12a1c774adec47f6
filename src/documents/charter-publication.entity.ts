import { defineEntity, p } from '@mikro-orm/core';

const CharterPublicationSchema = defineEntity({
  name: 'CharterPublication',
  tableName: 'charter_publication',
  properties: {
    /** UUIDv7, made under the lock of the slug: the order of ids is the order of publishing. */
    id: p.uuid().primary(),
    documentId: p.string().length(64),
    version: p.integer(),
    slug: p.string().length(64),
    /** The revision of the published place; its row may be gone. */
    fileId: p.uuid(),
    /** Of the published bytes, in base64. */
    sha256: p.string().length(64),
    publishedBy: p.string().length(64),
    publishedAt: p.datetime(),
  },
});

/** Which version of a charter was published, under which name, by whom and when. Rows are only ever added. */
export class CharterPublication extends CharterPublicationSchema.class {}
CharterPublicationSchema.setClass(CharterPublication);
