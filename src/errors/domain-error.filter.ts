import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DomainError, type ErrorKind } from './domain-error.js';
import { errorCode } from './error-message.js';

/** The one table of status numbers: a new kind of error does not compile until it stands here. */
const STATUS = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  timeout: 408,
  conflict: 409,
  gone: 410,
  'precondition-failed': 412,
  'too-large': 413,
  'unsupported-type': 415,
  'range-not-satisfiable': 416,
  unprocessable: 422,
  locked: 423,
  'precondition-required': 428,
  'not-implemented': 501,
  unavailable: 503,
  'out-of-space': 507,
} as const satisfies Record<ErrorKind, number>;

/** PostgreSQL's classes 08 (connection) and 57P (shutdown), 53300 (too many connections), and the sockets' own codes. */
const DATABASE_AWAY_CODES =
  /^(?:08...|57P0[123]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** What PostgreSQL says, in class 08, of a request with a NUL in it: a fault of ours, and the connection is there. */
const MALFORMED_REQUEST = 'invalid message format';
/** What the driver says without a code. */
const DATABASE_AWAY_WORDS = /Connection terminated|not queryable|timeout exceeded when trying to connect/;

/** How long an unread request body is read and thrown away so that the client sees our answer before the close. */
const LINGER_MS = 1000;

/** What every failed request is answered. */
export interface ErrorBody {
  readonly statusCode: number;
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

type Answer = Omit<ErrorBody, 'requestId'> & { readonly retryAfterSeconds?: number | undefined };

/** In which words a client is told. */
export interface ErrorFormat {
  readonly contentType: string;
  render(body: ErrorBody): string;
  /** Where clients of a protocol take a status for another than it is. */
  readonly status?: (answer: Pick<ErrorBody, 'statusCode' | 'code'>, method: string) => number;
}

export const JSON_FORMAT: ErrorFormat = {
  contentType: 'application/json; charset=utf-8',
  render: (body) => JSON.stringify(body),
};

/** Turns whatever a request ended with into `{ statusCode, code, message, requestId, details? }`. */
@Catch()
export class DomainErrorFilter implements ExceptionFilter {
  private readonly answers = new ErrorAnswers(JSON_FORMAT);

  catch(error: unknown, host: ArgumentsHost): void {
    this.answers.send(error, host);
  }
}

/** Answers failed requests, and logs those that are a fault of ours. */
export class ErrorAnswers {
  private readonly logger = new Logger('Errors');

  constructor(private readonly format: ErrorFormat) {}

  send(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const { retryAfterSeconds, ...meant } = toAnswer(error);
    const answer = { ...meant, statusCode: this.format.status?.(meant, request.method) ?? meant.statusCode };
    const requestId = requestIdOf(request);
    if (meant.statusCode === 500) this.logger.error({ err: error, requestId, code: answer.code }, answer.message);
    else if (meant.statusCode > 500)
      this.logger.warn({ requestId, code: answer.code, reason: reasonOf(error) }, answer.message);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const payload = Buffer.from(this.format.render({ ...answer, requestId }));
    // Without a charset: some clients look for the bare type.
    response.status(answer.statusCode).setHeader('Content-Type', this.format.contentType);
    response.setHeader('Content-Length', payload.length);
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', Math.ceil(retryAfterSeconds));
    if (answer.statusCode === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    if (request.complete || !hasBody(request)) {
      response.end(payload);
      return;
    }
    answerAndClose(request, response, payload);
  }
}

/**
 * Answers a request whose body has not been read to its end, and closes the connection. Closing at once would reset it
 * and lose the answer on its way (RFC 9112, section 9.6), so what still arrives is thrown away for a moment.
 */
function answerAndClose(request: Request, response: Response, payload: Buffer): void {
  response.setHeader('Connection', 'close');
  response.write(payload);
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(finish, LINGER_MS);
  request.once('end', finish);
  request.once('close', finish);
  request.resume();
}

function hasBody(request: Request): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

function toAnswer(error: unknown): Answer {
  if (error instanceof DomainError) {
    return {
      statusCode: STATUS[error.kind],
      code: error.code,
      message: error.message,
      ...(error.details && { details: error.details }),
      retryAfterSeconds: error.retryAfterSeconds ?? (error.kind === 'unavailable' ? 5 : undefined),
    };
  }
  if (error instanceof HttpException) return fromHttpException(error);
  if (isDatabaseAway(error)) {
    return {
      statusCode: 503,
      code: 'DATABASE_UNAVAILABLE',
      message: 'The database cannot be reached at the moment. Try again shortly.',
      retryAfterSeconds: 5,
    };
  }
  return {
    statusCode: 500,
    code: 'INTERNAL_ERROR',
    message: 'Something went wrong on our side. The request id finds it in the log.',
  };
}

function fromHttpException(error: HttpException): Answer {
  const statusCode = error.getStatus();
  const body = error.getResponse();
  const message = typeof body === 'object' && 'message' in body ? body.message : undefined;
  if (Array.isArray(message)) {
    return { statusCode, code: 'VALIDATION_FAILED', message: message.join('; '), details: { problems: message } };
  }
  return { statusCode, code: codeOfStatus(statusCode), message: typeof message === 'string' ? message : error.message };
}

function codeOfStatus(status: number): string {
  switch (status) {
    case 400:
      return 'BAD_REQUEST';
    case 404:
      return 'ROUTE_NOT_FOUND';
    default:
      return `HTTP_${status}`;
  }
}

/** Whether the database went away, wherever in the chain of causes it says so. */
function isDatabaseAway(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 6; cause = cause.cause, depth += 1) {
    if (cause.message.includes(MALFORMED_REQUEST)) return false;
    const code = errorCode(cause);
    if (code !== undefined && DATABASE_AWAY_CODES.test(code)) return true;
    if (DATABASE_AWAY_WORDS.test(cause.message)) return true;
  }
  return false;
}

function requestIdOf(request: Request): string {
  const { id } = request as Request & { id?: unknown };
  return typeof id === 'string' ? id : '';
}

/** The first words of every cause: in an outage thousands of these are written, and stacks would say nothing more. */
function reasonOf(error: unknown): string {
  const reasons: string[] = [];
  for (let cause = error; cause instanceof Error && reasons.length < 6; cause = cause.cause) {
    reasons.push(cause.message.slice(0, 200));
  }
  return reasons.join(' <- ');
}
