import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { DomainErrorFilter } from '../errors/index.js';
import { S3ErrorFilter } from '../http/index.js';
import { InvalidSignatureError } from '../object-storage/index.js';

/** Says in S3's words that a link has expired: clients look for them before they ask for a new one. All else as everywhere. */
@Catch()
export class ExpiredLinkFilter implements ExceptionFilter {
  private readonly s3 = new S3ErrorFilter();
  private readonly ours = new DomainErrorFilter();

  catch(error: unknown, host: ArgumentsHost): void {
    const isExpired = error instanceof InvalidSignatureError && error.code === 'LINK_EXPIRED';
    (isExpired ? this.s3 : this.ours).catch(error, host);
  }
}
