import type { Request } from 'express';
import type { StorageEngine } from 'multer';
import type { FormFileHandler } from './form-reader.js';
import { SecondFileError, UnexpectedFieldError } from './uploads.errors.js';

const FIELD = 'file';

/** What the handler made of the file. */
export interface Taken<T> {
  readonly value: T;
}

/** Multer's storage: hands the one file to the handler, and lets a refusal be known before multer tells of it. */
export class FormEngine<T> implements StorageEngine {
  /** Rejects as soon as the file or the form is refused. */
  readonly refused: Promise<never>;
  /** Settles when the handler needed no more of the file than its beginning: the rest of the form does not matter then. */
  readonly early: Promise<Taken<T>>;
  private refusal: (error: unknown) => void = () => undefined;
  private finishEarly: (taken: Taken<T>) => void = () => undefined;
  private files = 0;
  private body: Express.Multer.File['stream'] | undefined;
  private taking: Promise<Taken<T>> | undefined;

  constructor(private readonly handler: FormFileHandler<T>) {
    this.refused = new Promise<never>((_, reject) => {
      this.refusal = reject;
    });
    this.early = new Promise((resolve) => {
      this.finishEarly = resolve;
    });
    // It is raced, may lose, and must not count as unhandled then.
    this.refused.catch(() => undefined);
  }

  readonly refuse = (error: Error): void => {
    this.refusal(error);
  };

  /** What was taken, once the form is over; undefined when it had no file. */
  async taken(): Promise<Taken<T> | undefined> {
    return this.taking;
  }

  /** Why the file could not be taken; undefined when it could, or there was none. */
  async failure(): Promise<unknown> {
    return this.taking?.then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  /** Ends the taking and undoes it: the form is refused. */
  async abandon(): Promise<void> {
    if (this.body?.readableEnded === false) this.body.destroy(new Error('The form is refused'));
    const taken = await this.taking?.catch(() => undefined);
    if (taken !== undefined) await this.handler.undo(taken.value);
  }

  /** Multer's `fileFilter`: refuses a second file, or one in another field. */
  readonly admit = (
    _: unknown,
    file: Express.Multer.File,
    callback: (error: Error | null, accept?: boolean) => void,
  ): void => {
    this.files += 1;
    const fits = file.fieldname === FIELD && this.files === 1;
    if (!fits) this.refusal(this.files > 1 ? new SecondFileError() : new UnexpectedFieldError(file.fieldname));
    callback(null, fits);
  };

  _handleFile(request: Request, file: Express.Multer.File, callback: (error?: unknown, info?: object) => void): void {
    const { originalname: filename, stream: body } = file;
    const fields = { ...(request.body as Record<string, unknown>) };
    this.body = body;
    this.taking = this.handler.take({ filename, body, fields }).then((value) => ({ value }));
    this.taking.then(
      (taken) => {
        if (!body.readableEnded) this.finishEarly(taken);
        callback(null, {});
      },
      (error: unknown) => {
        this.refusal(error);
        callback(error);
      },
    );
  }

  /** Multer's word that the form failed after the file was taken: `abandon` sees to that. */
  _removeFile(_: Request, __: Express.Multer.File, callback: (error: Error | null) => void): void {
    callback(null);
  }
}
