import { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import multer, { MulterError, type StorageEngine } from 'multer';
import { errorMessage } from '../errors/index.js';
import { UploadInterruptedError } from '../files/index.js';
import { MalformedMultipartError, NoFileError, SecondFileError, UnexpectedFieldError } from './uploads.errors.js';

/** The form's one file, while its bytes arrive. */
export interface FormFile {
  /** As the sender wrote it. */
  readonly filename: string;
  readonly body: Readable;
  /** Fields that came before the file. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What is done with a form's file. */
export interface FormFileHandler<T> {
  /** Takes the bytes; must read the body to its end or destroy it. */
  take(file: FormFile): Promise<T>;
  /** Undoes what `take` did, when the rest of the form turns out wrong. */
  undo(taken: T): Promise<void>;
}

const FIELD = 'file';
const LIMITS = { fields: 20, fieldNameSize: 100, fieldSize: 64 * 1024, parts: 25, headerPairs: 100 };

/**
 * Reads a multipart/form-data request with exactly one file in the field `file`. Settles as soon as the outcome is known: on a
 * failure the rest of the body is not waited for. Memory: what multer and one chunk need.
 */
export async function readForm<T>(request: Request, response: Response, handler: FormFileHandler<T>): Promise<T> {
  const engine = new HandlerEngine(handler);
  const parse = multer({ storage: engine, limits: LIMITS, defParamCharset: 'utf8', fileFilter: engine.admit }).any();
  const parsed = new Promise<void>((resolve, reject) => {
    parse(request, response, (error: unknown) => {
      if (error === undefined || error === null) resolve();
      else reject(translate(error));
    });
  });
  // It may lose the race below, and must not count as unhandled then.
  parsed.catch(() => undefined);
  // multer tells of a failure only after the body was drained: the engine's own word comes first.
  const outcome = await Promise.race([engine.failed, engine.early, parsed.then(() => engine.taken)]).catch(
    async (error: unknown) => {
      await engine.undo();
      throw translate(error);
    },
  );
  if (outcome === undefined) throw new NoFileError();
  return outcome.value;
}

/** Multer's storage: hands each file to the handler, and lets a failure be known at once. */
class HandlerEngine<T> implements StorageEngine {
  /** Rejects as soon as the file or the form is refused. */
  readonly failed: Promise<never>;
  /** Settles when the handler needed no more of the file than its beginning: the rest of the form does not matter. */
  readonly early: Promise<{ value: T }>;
  private reject: (error: unknown) => void = () => undefined;
  private finishEarly: (taken: { value: T }) => void = () => undefined;
  private files = 0;
  private taking: Promise<{ value: T }> | undefined;
  private done: { value: T } | undefined;
  private undone = false;

  constructor(private readonly handler: FormFileHandler<T>) {
    this.failed = new Promise<never>((_, reject) => {
      this.reject = reject;
    });
    this.early = new Promise((resolve) => {
      this.finishEarly = resolve;
    });
    // Raced against the parser: it may lose, and must not count as unhandled then.
    this.failed.catch(() => undefined);
  }

  get taken(): { value: T } | undefined {
    return this.done;
  }

  /** Multer's `fileFilter`: refuses a second file, or one in another field. */
  readonly admit = (
    _: unknown,
    file: Express.Multer.File,
    callback: (error: Error | null, accept?: boolean) => void,
  ): void => {
    this.files += 1;
    if (file.fieldname === FIELD && this.files === 1) {
      callback(null, true);
      return;
    }
    const error = this.files > 1 ? new SecondFileError() : new UnexpectedFieldError(file.fieldname);
    this.reject(error);
    callback(null, false);
  };

  _handleFile(request: Request, file: Express.Multer.File, callback: (error?: unknown, info?: object) => void): void {
    const fields = { ...(request.body as Record<string, unknown>) };
    this.taking = this.handler
      .take({ filename: file.originalname, body: file.stream, fields })
      .then((value) => ({ value }));
    this.taking.then(
      (taken) => {
        this.done = taken;
        if (!file.stream.readableEnded) this.finishEarly(taken);
        callback(null, {});
        if (this.undone) void this.undo();
      },
      (error: unknown) => {
        this.reject(error);
        callback(error);
      },
    );
  }

  /** Multer's word that the form failed after the file was taken. */
  _removeFile(_: Request, __: Express.Multer.File, callback: (error: Error | null) => void): void {
    callback(null);
  }

  /** Undoes the file: now, or as soon as its taking is over. */
  async undo(): Promise<void> {
    this.undone = true;
    const taken = this.done;
    if (taken === undefined) return;
    this.done = undefined;
    await this.handler.undo(taken.value);
  }
}

function translate(error: unknown): Error {
  if (!(error instanceof Error)) return new MalformedMultipartError('it cannot be parsed');
  if (error instanceof UploadInterruptedError && errorMessage(error.cause).startsWith('Unexpected end of')) {
    return new MalformedMultipartError('it ends before its last boundary', { cause: error });
  }
  if (error instanceof MulterError) {
    return error.code === 'LIMIT_UNEXPECTED_FILE'
      ? new UnexpectedFieldError(error.field ?? '')
      : new MalformedMultipartError(error.message.toLowerCase(), { cause: error });
  }
  if (/^Request (?:aborted|closed|error)$/.test(error.message)) return new UploadInterruptedError({ cause: error });
  if (/Multipart: |Malformed part header|Unexpected end of form|Malformed content type/.test(error.message)) {
    return new MalformedMultipartError(error.message.toLowerCase(), { cause: error });
  }
  return error;
}
