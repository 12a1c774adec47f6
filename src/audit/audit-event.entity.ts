import { defineEntity, p } from '@mikro-orm/core';

const AuditEventSchema = defineEntity({
  name: 'AuditEvent',
  tableName: 'audit_event',
  properties: {
    id: p.uuid().primary(),
    at: p.datetime(),
    action: p.string().length(64),
    principalId: p.string().length(64),
    principalKind: p.string().length(16),
    subjectType: p.string().length(32),
    subjectId: p.string().length(64),
    requestId: p.string().length(128).nullable(),
    address: p.string().length(64).nullable(),
    details: p.json<Readonly<Record<string, unknown>>>(),
  },
});

/** Who did what to what, and when. Rows are only ever added. */
export class AuditEvent extends AuditEventSchema.class {}
AuditEventSchema.setClass(AuditEvent);
