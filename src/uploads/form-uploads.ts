import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { Actor } from '../auth/index.js';
import { toFileResponse, type FileResponse, type StoredFile } from '../files/index.js';
import { idempotentRequest } from '../idempotency/index.js';
import {
  FileIntake,
  FileTooLargeError,
  type Confirmation,
  type IncomingFile,
  type ReplayedFile,
  type SentFile,
} from '../intake/index.js';
import { FileKinds, type FileKind } from '../storage/index.js';
import type { FormExchange } from './form-exchange.js';
import { goneSignal } from './gone-signal.js';
import { FORM_OVERHEAD_BYTES, readForm, type FormFile, type FormFileHandler } from './form-reader.js';
import type { Receipt } from './receipt.js';
import { readSmallFile } from './small-file.js';
import { UploadOutcomes } from './upload-outcomes.js';
import { NoFileError } from './uploads.errors.js';

const FILE_FIELD = 'file';

/** Where the file of a form goes; of another kind than the upload's where a field before the file says so. */
export type FormTarget = Pick<IncomingFile, 'parameters' | 'references' | 'metadata'> &
  Partial<Pick<IncomingFile, 'kind'>>;

/** A small file that comes with the main one, in a form field of its own, and is stored as a variant of it. */
export interface FormCompanion {
  readonly field: string;
  readonly variant: string;
  /** What it is stored as; its extension decides what the bytes have to be. */
  readonly filename: string;
  /** Throws when these are not the bytes that are wanted. */
  check(bytes: Buffer): void | Promise<void>;
}

export interface FormUpload<Answer = FileResponse> extends Pick<Confirmation, 'guard' | 'then'> {
  readonly kind: FileKind;
  readonly actor: Actor;
  /** Asked when the file arrives, with the fields that came before it; may refuse by throwing. */
  readonly target: (fields: Readonly<Record<string, unknown>>) => Promise<FormTarget>;
  /** Of the main file; `file` where absent. */
  readonly field?: string;
  /** None of them has to come. */
  readonly companions?: readonly FormCompanion[];
  /** What the client is answered, now and when it repeats itself. */
  readonly answer: (file: StoredFile, files: readonly StoredFile[]) => Answer;
}

/** What a form brought, by what becomes of it. */
type FormPart =
  | { readonly part: 'main'; readonly file: SentFile | ReplayedFile }
  | { readonly part: 'companion'; readonly companion: FormCompanion; readonly bytes: Buffer };

/** Takes the files of a form in: streamed into the store, confirmed once the whole form was seen to be right. */
@Injectable()
export class FormUploads {
  constructor(
    private readonly intake: FileIntake,
    private readonly kinds: FileKinds,
    private readonly outcomes: UploadOutcomes,
  ) {}

  /** Receives the one file of a multipart/form-data request; the answer is its record. */
  async receive(exchange: FormExchange, upload: Omit<FormUpload, 'answer'>): Promise<FileResponse> {
    return (await this.receiveAs(exchange, { ...upload, answer: toFileResponse })).answer;
  }

  /** Receives the main file of a form and its companions, as one. */
  async receiveAs<Answer>(exchange: FormExchange, upload: FormUpload<Answer>): Promise<Receipt<Answer>> {
    return this.outcomes.count(upload.kind.name, async () => {
      const parts = await this.readParts(exchange, upload);
      const main = parts.find((part) => part.part === 'main')?.file;
      if (main === undefined) throw new NoFileError(upload.field ?? FILE_FIELD);
      if (main.state === 'replayed') return main;
      const companions = await this.sendCompanions(main, { exchange, parts, upload });
      const files = await this.intake.confirm([main, ...companions], upload);
      return { state: 'stored', files, answer: upload.answer };
    });
  }

  /** Reads a form whose files are not stored as they come. */
  async read<T>({ request, response }: FormExchange, handler: FormFileHandler<T>): Promise<readonly T[]> {
    if (request.is('multipart/form-data') === false) throw new NoFileError(handler.fileFields[0] ?? FILE_FIELD);
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > handler.maxSizeBytes + FORM_OVERHEAD_BYTES) throw new FileTooLargeError(handler.maxSizeBytes);
    const taken = await readForm({ request, response }, handler);
    return taken.map(({ value }) => value);
  }

  private readParts(exchange: FormExchange, upload: FormUpload<unknown>): Promise<readonly FormPart[]> {
    const { kind, actor, target, field = FILE_FIELD, companions = [] } = upload;
    const signal = goneSignal(exchange.request);
    const limitOf = (variant?: string): number =>
      this.kinds.acceptance({ kind, ...(variant !== undefined && { variant }) }).maxSizeBytes;
    return this.read<FormPart>(exchange, {
      fileFields: [field, ...companions.map((companion) => companion.field)],
      maxSizeBytes: [undefined, ...companions.map(({ variant }) => variant)].reduce((sum, v) => sum + limitOf(v), 0),
      take: async ({ field: found, filename, body, fields }: FormFile) => {
        const companion = companions.find((candidate) => candidate.field === found);
        if (companion !== undefined) {
          const bytes = await readSmallFile(body, limitOf(companion.variant));
          await companion.check(bytes);
          return { part: 'companion', companion, bytes };
        }
        const idempotent = idempotentForm(exchange.request, { actor, filename });
        const incoming = { kind, ...(await target(fields)), filename, body, actor, signal };
        const announced = announcedBytes(exchange.request);
        return {
          part: 'main',
          file: await this.intake.send({ ...incoming, ...announced, ...(idempotent && { idempotent }) }),
        };
      },
      undo: async (part) => {
        if (part.part === 'main' && part.file.state === 'sent')
          await this.intake.discard([part.file], actor, { reason: 'FORM_REFUSED' });
      },
    });
  }

  /** Sends what came beside the main file, as a file or as a plain field. When that fails, the main file goes too. */
  private async sendCompanions(main: SentFile, { exchange, parts, upload }: ReadForm): Promise<readonly SentFile[]> {
    const sent: SentFile[] = [];
    try {
      for (const companion of upload.companions ?? []) {
        const bytes = fileOf(companion, parts) ?? (await fieldOf(companion, exchange));
        if (bytes === undefined) continue;
        const file = await this.intake.send({
          kind: upload.kind,
          parameters: {},
          references: main.references,
          filename: companion.filename,
          body: Readable.from([bytes]),
          actor: upload.actor,
          beside: { main, variant: companion.variant },
        });
        if (file.state === 'sent') sent.push(file);
      }
      return sent;
    } catch (error) {
      await this.intake.discard([main, ...sent], upload.actor, { reason: 'COMPANION_FAILED' });
      throw error;
    }
  }
}

/** A form that was read to its end. */
interface ReadForm {
  readonly exchange: FormExchange;
  readonly parts: readonly FormPart[];
  readonly upload: FormUpload<unknown>;
}

function fileOf({ field }: FormCompanion, parts: readonly FormPart[]): Buffer | undefined {
  const found = parts.find((part) => part.part === 'companion' && part.companion.field === field);
  return found?.part === 'companion' ? found.bytes : undefined;
}

/** A plain field is as good as a file: its length is bounded already. */
async function fieldOf(companion: FormCompanion, { request }: FormExchange): Promise<Buffer | undefined> {
  const fields = request.body as Readonly<Record<string, unknown>> | undefined;
  const text = fields !== undefined && Object.hasOwn(fields, companion.field) ? fields[companion.field] : undefined;
  if (text === undefined) return undefined;
  const bytes = Buffer.from(typeof text === 'string' ? text : '');
  await companion.check(bytes);
  return bytes;
}

/** The form as a whole bounds its files. */
function announcedBytes(request: Request): { readonly announcedBytes?: number } {
  const length = request.headers['content-length'];
  return length === undefined ? {} : { announcedBytes: Number(length) };
}

/** Two forms are the same request when route, file name and Content-Length are. */
function idempotentForm(request: Request, { actor, filename }: { readonly actor: Actor; readonly filename: string }) {
  return idempotentRequest(actor.principal.id, request.get('idempotency-key'), [
    request.method,
    request.originalUrl,
    filename,
    request.headers['content-length'] ?? 'chunked',
  ]);
}
