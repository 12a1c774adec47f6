import { defineEntity, p } from '@mikro-orm/core';

const PlaceSchema = defineEntity({
  name: 'Place',
  tableName: 'place',
  properties: {
    /** The name people know: an object key at which the store keeps a copy of the current revision. */
    key: p.string().length(1024).primary(),
    kind: p.string().length(64),
    /** Null while the place is empty. */
    currentRevisionId: p.uuid().nullable(),
    /** The revision that the copy at the place's own key was made from; null where there is no copy. */
    settledRevisionId: p.uuid().nullable(),
    /** Who is making the copy now, until when. */
    leaseUntil: p.datetime().nullable(),
    updatedAt: p.datetime(),
  },
});

/** A fixed name and the revision it stands for at present. */
export class Place extends PlaceSchema.class {}
PlaceSchema.setClass(Place);
