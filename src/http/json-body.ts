import { isUtf8 } from 'node:buffer';
import {
  Injectable,
  SetMetadata,
  type CallHandler,
  type CustomDecorator,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { json, type Request, type RequestHandler, type Response } from 'express';
import type { Observable } from 'rxjs';
import { DomainError, type DomainErrorOptions } from '../errors/index.js';
import { keepsShape, type JsonShape } from './json-shape.js';

const KIBIBYTE = 1024;
const DEFAULT_LIMIT_BYTES = 100 * KIBIBYTE;
const JSON_LIMIT = 'http:json-limit';
/** Far above any body of ours; what validates bodies recurses into them. */
const SHAPE: JsonShape = { maxDepth: 100, maxContainers: 500_000 };

export class MalformedJsonError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'MALFORMED_JSON';
  constructor(options?: DomainErrorOptions) {
    super('The body is not JSON that can be read.', options);
  }
}

export class JsonTooComplexError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'JSON_TOO_COMPLEX';
  constructor() {
    super(
      `A JSON body is nested ${SHAPE.maxDepth} levels deep at the most, and has ${SHAPE.maxContainers} objects and arrays.`,
      {
        details: { ...SHAPE },
      },
    );
  }
}

export class BodyTooLargeError extends DomainError {
  readonly kind = 'too-large';
  readonly code = 'BODY_TOO_LARGE';
  constructor(limitBytes: number, options?: DomainErrorOptions) {
    super(`The body has at most ${limitBytes / KIBIBYTE} KiB here.`, {
      ...options,
      details: { maxSizeBytes: limitBytes },
    });
  }
}

export class UnsupportedBodyError extends DomainError {
  readonly kind = 'unsupported-type';
  readonly code = 'UNSUPPORTED_BODY';
  constructor(options?: DomainErrorOptions) {
    super('This body cannot be read. Send JSON in UTF-8, with Content-Type: application/json.', options);
  }
}

/** How many bytes of JSON a route takes, where 100 KiB are not enough. */
export function JsonLimit(bytes: number): CustomDecorator {
  return SetMetadata(JSON_LIMIT, bytes);
}

/** For routes that take bytes: what is sent there is a file, even if it is JSON. */
export function RawBody(): CustomDecorator {
  return JsonLimit(0);
}

/**
 * Reads JSON bodies, once the guards have let the request in: a stranger's body is not looked at. `application/json` and types
 * that end in `+json`, in UTF-8.
 */
@Injectable()
export class JsonBodyInterceptor implements NestInterceptor {
  private readonly parsers = new Map<number, RequestHandler>();

  constructor(private readonly reflector: Reflector) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const limitBytes =
      this.reflector.getAllAndOverride<number | undefined>(JSON_LIMIT, [context.getHandler(), context.getClass()]) ??
      DEFAULT_LIMIT_BYTES;
    if (limitBytes === 0) return next.handle();
    const http = context.switchToHttp();
    assertAnnounced(http.getRequest<Request>(), limitBytes);
    await this.read(http.getRequest<Request>(), http.getResponse<Response>(), limitBytes);
    return next.handle();
  }

  private read(request: Request, response: Response, limitBytes: number): Promise<void> {
    const parser =
      this.parsers.get(limitBytes) ?? json({ limit: limitBytes, type: ['json', '+json'], verify: assertShape });
    this.parsers.set(limitBytes, parser);
    return new Promise((resolve, reject) => {
      void parser(request, response, (error: unknown) => {
        if (error == null) resolve();
        else reject(meaningOf(error, limitBytes));
      });
    });
  }
}

/** Express' body parser throws errors with the status they ask for. */
function meaningOf(cause: unknown, limitBytes: number): Error {
  if (!(cause instanceof Error)) return new MalformedJsonError({ cause });
  if (cause instanceof DomainError || !('status' in cause)) return cause;
  switch (cause.status) {
    case 413:
      return new BodyTooLargeError(limitBytes, { cause });
    case 415:
      return new UnsupportedBodyError({ cause });
    case 400:
      return new MalformedJsonError({ cause });
    default:
      return cause;
  }
}

/** What is announced to be too large is not waited for. */
function assertAnnounced(request: Request, limitBytes: number): void {
  const isJson = typeof request.is(['json', '+json']) === 'string';
  if (isJson && Number(request.headers['content-length'] ?? 0) > limitBytes) throw new BodyTooLargeError(limitBytes);
}

/** Before the body is parsed; what this throws comes through `meaningOf` as it is. */
function assertShape(_: unknown, __: unknown, body: Buffer, encoding: string): void {
  if (encoding !== 'utf-8') throw new UnsupportedBodyError();
  if (!isUtf8(body)) throw new MalformedJsonError();
  if (!keepsShape(body, SHAPE)) throw new JsonTooComplexError();
}
