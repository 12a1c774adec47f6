import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { errorCode } from '../errors/index.js';
import type { ContentPlan, PlannedContent } from './content-plan.js';
import { RangeNotSatisfiableError } from '../object-storage/index.js';

const STATUS = {
  whole: 200,
  part: 206,
  'not-modified': 304,
  unsatisfiable: 416,
} as const satisfies Record<ContentPlan['kind'], number>;

/** What a pipeline ends with when its reader goes away, or had gone before it began. */
const READER_GONE: ReadonlySet<string | undefined> = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_UNABLE_TO_PIPE',
]);

/**
 * Sends content as planned. A client that goes away has the body destroyed, and is no error. A body that breaks off breaks the
 * connection: the client never takes what it has for the whole.
 */
export async function sendContent(response: Response, { plan, body }: PlannedContent): Promise<void> {
  for (const [name, value] of Object.entries(plan.headers)) response.setHeader(name, value);
  // The error's answer carries the header that says how long the content is.
  if (plan.kind === 'unsatisfiable') throw new RangeNotSatisfiableError(undefined);
  response.status(STATUS[plan.kind]);
  if (!body) {
    response.end();
    return;
  }
  try {
    await pipeline(body, response);
  } catch (error) {
    if (!READER_GONE.has(errorCode(error))) throw error;
  } finally {
    // A pipeline that never began leaves it open.
    body.destroy();
  }
}
