import { defineEntity, p } from '@mikro-orm/core';

const CaptionSchema = defineEntity({
  name: 'Caption',
  tableName: 'caption',
  properties: {
    /** The draft's record: both go together. */
    fileId: p.uuid().primary(),
    /** ISO 639, in capitals. */
    language: p.string().length(3),
  },
});

/** What captions have that other files have not. */
export class Caption extends CaptionSchema.class {}
CaptionSchema.setClass(Caption);
