import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ErrorAnswers, JSON_FORMAT } from '../errors/index.js';

const PASSING: ReadonlySet<number> = new Set([429, 500, 503, 507]);
/** A verdict, and the end of the upload indeed. */
const VERDICT = 'QUOTA_EXCEEDED';

/**
 * tus-js-client takes every answer to a HEAD but 2xx and 423 for the end of the upload, and sends the file from its beginning.
 * What is only away for the moment is told as something that is locked for the moment.
 */
@Catch()
export class TusErrorFilter implements ExceptionFilter {
  private readonly answers = new ErrorAnswers({
    ...JSON_FORMAT,
    status: ({ statusCode, code }, method) =>
      method === 'HEAD' && PASSING.has(statusCode) && code !== VERDICT ? 423 : statusCode,
  });

  catch(error: unknown, host: ArgumentsHost): void {
    this.answers.send(error, host);
  }
}
