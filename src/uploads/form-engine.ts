import type { Request } from 'express';
import type { StorageEngine } from 'multer';
import type { FormFileHandler } from './form-reader.js';
import { SecondFileError, UnexpectedFieldError } from './uploads.errors.js';

/** What the handler made of one file. */
export interface Taken<T> {
  readonly field: string;
  readonly value: T;
}

/** Multer's storage: hands each file to the handler, and lets a refusal be known before multer tells of it. */
export class FormEngine<T> implements StorageEngine {
  /** Rejects as soon as a file or the form is refused. */
  readonly refused: Promise<never>;
  /** Settles when the handler needed no more of a file than its beginning: the rest of the form does not matter then. */
  readonly early: Promise<readonly Taken<T>[]>;
  private refusal: (error: unknown) => void = () => undefined;
  private finishEarly: (taken: readonly Taken<T>[]) => void = () => undefined;
  private files = 0;
  private readonly bodies: Express.Multer.File['stream'][] = [];
  private readonly takings = new Map<string, Promise<Taken<T>>>();

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

  /** What was taken, once the form is over. */
  async taken(): Promise<readonly Taken<T>[]> {
    return Promise.all(this.takings.values());
  }

  /** Why a file could not be taken; undefined when all could, or there was none. */
  async failure(): Promise<unknown> {
    const outcomes = await Promise.allSettled(this.takings.values());
    return outcomes.find((outcome) => outcome.status === 'rejected')?.reason;
  }

  /** Ends the taking and undoes it: the form is refused. */
  async abandon(): Promise<void> {
    for (const body of this.bodies) if (!body.readableEnded) body.destroy(new Error('The form is refused'));
    for (const outcome of await Promise.allSettled(this.takings.values())) {
      if (outcome.status === 'fulfilled') await this.handler.undo(outcome.value.value);
    }
  }

  /** Multer's `fileFilter`: refuses a second file of a field, or one in a field that takes none. */
  readonly admit = (
    _: unknown,
    { fieldname }: Express.Multer.File,
    callback: (error: Error | null, accept?: boolean) => void,
  ): void => {
    this.files += 1;
    const { fileFields } = this.handler;
    const known = fileFields.includes(fieldname);
    const fits = known && !this.takings.has(fieldname);
    if (!fits) {
      const second = known || this.files > fileFields.length;
      this.refusal(second ? new SecondFileError() : new UnexpectedFieldError(fieldname, fileFields));
    }
    callback(null, fits);
  };

  _handleFile(request: Request, file: Express.Multer.File, callback: (error?: unknown, info?: object) => void): void {
    const { fieldname: field, originalname: filename, stream: body } = file;
    const fields = { ...(request.body as Record<string, unknown>) };
    this.bodies.push(body);
    const taking = this.handler.take({ field, filename, body, fields }).then((value) => ({ field, value }));
    this.takings.set(field, taking);
    taking.then(
      (taken) => {
        if (!body.readableEnded) this.finishEarly([taken]);
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
