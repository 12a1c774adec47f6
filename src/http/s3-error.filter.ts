import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ErrorAnswers, type ErrorBody, type ErrorFormat } from '../errors/index.js';
import { XML, xmlDocument, xmlElements } from './xml.js';

/** What S3 calls what we call otherwise; clients of S3 know these. */
const S3_CODES: Readonly<Record<string, string>> = {
  LINK_EXPIRED: 'AccessDenied',
  LINK_INVALID: 'SignatureDoesNotMatch',
  UPLOAD_NOT_FOUND: 'NoSuchUpload',
  UPLOAD_FINISHED: 'NoSuchUpload',
  UPLOAD_MISSING: 'NoSuchUpload',
  INVALID_PART: 'InvalidPart',
  INVALID_PART_NUMBER: 'InvalidPart',
  FILE_TOO_LARGE: 'EntityTooLarge',
  KEY_TAKEN: 'PreconditionFailed',
  INTERNAL_ERROR: 'InternalError',
  STORE_UNAVAILABLE: 'SlowDown',
};
/** S3's words, which Uppy 5 looks for before it asks for a new URL. */
const EXPIRED = 'Request has expired';

const S3_FORMAT: ErrorFormat = { contentType: XML, render: toS3Error };

/** Tells what went wrong as S3 does: for routes that clients of S3 talk to. */
@Catch()
export class S3ErrorFilter implements ExceptionFilter {
  private readonly answers = new ErrorAnswers(S3_FORMAT);

  catch(error: unknown, host: ArgumentsHost): void {
    this.answers.send(error, host);
  }
}

function toS3Error({ code, message, requestId }: ErrorBody): string {
  const said = code === 'LINK_EXPIRED' ? EXPIRED : message;
  return xmlDocument('Error', xmlElements({ Code: S3_CODES[code] ?? code, Message: said, RequestId: requestId }));
}
