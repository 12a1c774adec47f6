import { PassThrough, addAbortSignal, type Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { toFileResponse, type FileChecksum, type FileResponse } from '../files/index.js';
import { idempotentRequest } from '../idempotency/index.js';
import { FileIntake, FileTooLargeError, type IncomingFile } from '../intake/index.js';
import { FileKinds } from '../storage/index.js';
import { expectedDigests, WANTED_DIGEST } from './content-digests.js';
import type { FormExchange } from './form-exchange.js';
import { goneSignal } from './gone-signal.js';
import type { Receipt } from './receipt.js';
import { UploadOutcomes } from './upload-outcomes.js';
import {
  ContentEncodingUnsupportedError,
  ContentRangeUnsupportedError,
  DigestUnsupportedError,
  FormUnsupportedError,
} from './uploads.errors.js';

/** The file that a body is. */
export type RawUpload = Pick<IncomingFile, 'kind' | 'parameters' | 'references' | 'filename' | 'actor'>;

/** Takes a file in that is the whole body of a request: `curl -T`. */
@Injectable()
export class RawUploads {
  constructor(
    private readonly intake: FileIntake,
    private readonly kinds: FileKinds,
    private readonly outcomes: UploadOutcomes,
  ) {}

  /** Streams the body into the store, as what its digests (RFC 9530) say; trailers are not looked at. */
  receive(exchange: FormExchange, upload: RawUpload): Promise<Receipt<FileResponse>> {
    return this.outcomes.count(upload.kind.name, async () => {
      const sent = await this.intake.send(this.incoming(exchange, upload));
      if (sent.state === 'replayed') return sent;
      const files = await this.intake.confirm([sent], { actor: upload.actor, answer: toFileResponse });
      return { state: 'stored', files, answer: toFileResponse };
    });
  }

  /** What the head says is refused before the first byte of the body is read. */
  private incoming({ request, response }: FormExchange, upload: RawUpload): IncomingFile {
    if (typeof request.is('multipart/form-data') === 'string') throw new FormUnsupportedError();
    if (isEncoded(request)) {
      response.setHeader('Accept-Encoding', 'identity');
      throw new ContentEncodingUnsupportedError();
    }
    if (request.headers['content-range'] !== undefined) throw new ContentRangeUnsupportedError();
    const { maxSizeBytes } = this.kinds.acceptance(upload);
    const length = request.headers['content-length'];
    const announced = length === undefined ? {} : { announcedBytes: Number(length) };
    if (Number(length ?? 0) > maxSizeBytes) throw new FileTooLargeError(maxSizeBytes);
    const expected = digestsOf({ request, response });
    const idempotent = idempotentBody(request, upload);
    const signal = goneSignal(request);
    return {
      ...upload,
      ...announced,
      expected,
      signal,
      body: bodyOf(request, signal),
      ...(idempotent && { idempotent }),
    };
  }
}

function isEncoded(request: Request): boolean {
  const codings = (request.get('content-encoding') ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  return codings.some((coding) => coding !== '' && coding !== 'identity');
}

function digestsOf({ request, response }: FormExchange): readonly FileChecksum[] {
  try {
    return expectedDigests([request.get('content-digest'), request.get('repr-digest')]);
  } catch (error) {
    if (error instanceof DigestUnsupportedError) {
      for (const name of ['Want-Content-Digest', 'Want-Repr-Digest']) response.setHeader(name, WANTED_DIGEST);
    }
    throw error;
  }
}

/** Two bodies are the same request when path, Content-Length and digests are; the name is part of the path. */
function idempotentBody(request: Request, { actor }: RawUpload) {
  return idempotentRequest(actor.principal.id, request.get('idempotency-key'), [
    request.method,
    request.originalUrl,
    request.headers['content-length'] ?? 'chunked',
    request.get('content-digest') ?? '',
    request.get('repr-digest') ?? '',
  ]);
}

/** The body apart from its connection: it may be given up, and the request is answered all the same. */
function bodyOf(request: Request, signal: AbortSignal): Readable {
  const body = addAbortSignal(signal, request.pipe(new PassThrough()));
  // Nobody reads on: what still comes is thrown away, so that the connection goes on.
  body.once('close', () => request.resume());
  body.on('error', () => undefined);
  return body;
}
