import { BadRequestException, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Actor } from '../auth/index.js';
import { DomainError } from '../errors/index.js';
import {
  FileIntake,
  FileTooLargeError,
  toFileResponse,
  type FileResponse,
  type IncomingFile,
  type ReplayedFile,
  type SentFile,
} from '../files/index.js';
import { idempotentRequest } from '../idempotency/index.js';
import { Metrics } from '../metrics/index.js';
import { FileKinds, type FileKind } from '../storage/index.js';
import { FORM_OVERHEAD_BYTES, readForm, type FormFile } from './form-reader.js';
import { NoFileError } from './uploads.errors.js';

/** Where the file of a form goes. */
export type FormTarget = Pick<IncomingFile, 'parameters' | 'references' | 'metadata'>;

export interface FormUpload {
  readonly kind: FileKind;
  readonly actor: Actor;
  /** Asked when the file arrives, with the fields that came before it; may refuse by throwing. */
  readonly target: (fields: Readonly<Record<string, unknown>>) => Promise<FormTarget>;
}

/** Takes a form's file in: streamed into the store, confirmed once the whole form was seen to be right. */
@Injectable()
export class FormUploads {
  constructor(
    private readonly intake: FileIntake,
    private readonly kinds: FileKinds,
    private readonly metrics: Metrics,
  ) {}

  /** Receives the one file of a multipart/form-data request; the answer is its record. */
  async receive(request: Request, response: Response, upload: FormUpload): Promise<FileResponse> {
    const kind = upload.kind.name;
    try {
      const sent = await this.send(request, response, upload);
      if (sent.state === 'replayed') {
        this.metrics.uploads.inc({ kind, outcome: 'replayed' });
        return sent.answer as FileResponse;
      }
      const [stored] = await this.intake.confirm([sent], { actor: upload.actor, answer: toFileResponse });
      if (stored === undefined) throw new Error('One file was sent, and none was confirmed');
      this.metrics.uploads.inc({ kind, outcome: 'stored' });
      this.metrics.uploadedBytes.inc({ kind }, sent.result.sizeBytes);
      return toFileResponse(stored);
    } catch (error) {
      this.metrics.uploads.inc({ kind, outcome: outcomeOf(error) });
      throw error;
    }
  }

  private async send(
    request: Request,
    response: Response,
    { kind, actor, target }: FormUpload,
  ): Promise<SentFile | ReplayedFile> {
    if (request.is('multipart/form-data') === false) throw new NoFileError();
    const { maxSizeBytes } = this.kinds.acceptance(kind);
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > maxSizeBytes + FORM_OVERHEAD_BYTES) throw new FileTooLargeError(maxSizeBytes);
    const gone = new AbortController();
    request.once('close', () => {
      if (!request.complete) gone.abort();
    });
    return readForm<SentFile | ReplayedFile>(request, response, {
      maxSizeBytes,
      take: async ({ filename, body, fields }: FormFile) =>
        this.intake.send({
          kind,
          ...(await target(fields)),
          filename,
          body,
          actor,
          signal: gone.signal,
          ...idempotency(request, actor, filename),
        }),
      undo: async (file) => {
        if (file.state === 'sent') await this.intake.discard([file], actor, { reason: 'FORM_REFUSED' });
      },
    });
  }
}

/** Two forms are the same request when route, file name and Content-Length are. */
function idempotency(request: Request, actor: Actor, filename: string) {
  const idempotent = idempotentRequest(actor.principal.id, request.get('idempotency-key'), [
    request.method,
    request.originalUrl,
    filename,
    request.headers['content-length'] ?? 'chunked',
  ]);
  return idempotent && { idempotent };
}

function outcomeOf(error: unknown): string {
  if (error instanceof DomainError) return error.code;
  return error instanceof BadRequestException ? 'VALIDATION_FAILED' : 'INTERNAL_ERROR';
}
