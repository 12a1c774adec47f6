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

/** Sends content as planned. A client that goes away has the body destroyed, and is no error. */
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
    if (errorCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
