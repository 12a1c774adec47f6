import { defineEntity, p } from '@mikro-orm/core';

const UsedKeySchema = defineEntity({
  name: 'UsedKey',
  tableName: 'used_key',
  properties: {
    key: p.string().length(1024).primary(),
  },
});

/** A key that was given to a file once. Rows stay when the file goes, so that no key is ever used again. */
export class UsedKey extends UsedKeySchema.class {}
UsedKeySchema.setClass(UsedKey);
