import { defineEntity, p, PrimaryKeyProp } from '@mikro-orm/core';

/** Where one step of a file stands. */
export const StepStatus = { Queued: 'queued', Running: 'running', Done: 'done', Failed: 'failed' } as const;
export type StepStatus = (typeof StepStatus)[keyof typeof StepStatus];

const StepRunSchema = defineEntity({
  name: 'StepRun',
  tableName: 'processing_step',
  properties: {
    fileId: p.uuid().primary(),
    name: p.string().length(64).primary(),
    /** Place in the order of steps. */
    position: p.integer(),
    /** Of the step's code; a greater one makes it run again. */
    version: p.integer(),
    status: p.enum(() => StepStatus),
    startedAt: p.datetime().nullable(),
    finishedAt: p.datetime().nullable(),
  },
});

/** One step of a file's processing: finished ones are not run again. */
export class StepRun extends StepRunSchema.class {
  declare [PrimaryKeyProp]?: ['fileId', 'name'];
}
StepRunSchema.setClass(StepRun);
