import { finished, type Readable } from 'node:stream';
import busboy, { type Busboy } from 'busboy';
import { BodyInterruptedError } from '../object-storage/index.js';
import { InvalidFormError } from './local-form.errors.js';

const FILE_FIELD = 'file';
/** What may come in front of the file, and behind it. S3 takes 20 KB of fields. */
const OVERHEAD_BYTES = 64 * 1024;
const LIMITS = { files: 1, fields: 30, parts: 32, fieldSize: 20 * 1024, headerPairs: 20 };

/** A request as it came in. */
export interface FormRequest {
  readonly contentType: string | undefined;
  readonly body: Readable;
}

/** A form up to its file. */
export interface OpenForm {
  /** Those in front of the file; names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  /** Ends only when the form has ended too, well-formed to its last boundary; else it fails. */
  readonly file: AsyncIterable<Buffer>;
}

/**
 * Reads a form of fields and then one file, and settles with what `take` makes of it. What is wrong with the form is known
 * as soon as it arrives: the rest of the body is then left to whoever answers. Memory: the fields, and one chunk.
 */
export function readForm<T>(request: FormRequest, take: (form: OpenForm) => Promise<T>): Promise<T> {
  return new FormReading(request, take).outcome;
}

class FormReading<T> {
  readonly outcome: Promise<T>;
  private readonly parser: Busboy;
  private readonly fields = new Map<string, string>();
  private taking: Promise<T> | undefined;
  /** Since the form began, or its file ended; not while the file comes. */
  private aroundFileBytes = 0;
  private fileIsComing = false;
  private settled = false;
  private resolve: (taken: T | PromiseLike<T>) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(
    private readonly request: FormRequest,
    private readonly take: (form: OpenForm) => Promise<T>,
  ) {
    this.parser = parserOf(request.contentType);
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.watchParser();
    this.watchBody();
    request.body.pipe(this.parser);
  }

  private watchParser(): void {
    this.parser.on('field', (name: string | undefined, value, { valueTruncated }) => {
      const reason = this.faultOfField(name, valueTruncated);
      if (reason === undefined && name !== undefined) this.fields.set(name.toLowerCase(), value);
      else this.fail(new InvalidFormError(reason ?? 'a field has no name'));
    });
    this.parser.on('file', (name: string | undefined, file) => {
      // Its failure is the form's, and is told there.
      file.on('error', () => undefined);
      if (name?.toLowerCase() === FILE_FIELD) this.takeFile(file);
      else this.fail(new InvalidFormError(`a file must be in the field \`${FILE_FIELD}\``));
    });
    this.parser.on('filesLimit', () => {
      this.fail(new InvalidFormError('it has more than one file'));
    });
    for (const limit of ['fieldsLimit', 'partsLimit'] as const) {
      this.parser.on(limit, () => {
        this.fail(new InvalidFormError('it has too many parts'));
      });
    }
    this.parser.on('error', (error) => {
      this.fail(toFormError(error));
    });
    this.parser.on('finish', () => {
      if (this.taking === undefined) this.fail(new InvalidFormError(`the field \`${FILE_FIELD}\` is missing`));
    });
  }

  private watchBody(): void {
    const { body } = this.request;
    body.on('data', (chunk: Buffer) => {
      if (this.fileIsComing) return;
      // The parser swallows an endless field, preamble or epilogue without a word. It has not seen this chunk yet.
      if (this.aroundFileBytes > OVERHEAD_BYTES) this.fail(new InvalidFormError('too much of it is not the file'));
      this.aroundFileBytes += chunk.length;
    });
    body.on('error', (error) => {
      this.fail(new BodyInterruptedError({ cause: error }));
    });
    body.on('close', () => {
      if (!body.readableEnded) this.fail(new BodyInterruptedError());
    });
  }

  private faultOfField(name: string | undefined, valueTruncated: boolean): string | undefined {
    if (name === undefined) return 'a field has no name';
    if (name.toLowerCase() === FILE_FIELD) return `the field \`${FILE_FIELD}\` is no file`;
    if (this.taking !== undefined) return 'a field comes after the file';
    if (this.fields.has(name.toLowerCase())) return 'a field is there twice';
    return valueTruncated ? 'a field is too long' : undefined;
  }

  private takeFile(file: Readable): void {
    this.fileIsComing = true;
    this.taking = this.take({ fields: this.fields, file: this.wholeFile(file) });
    this.taking.then(
      (taken) => {
        this.settled = true;
        this.resolve(taken);
      },
      (error: unknown) => {
        this.fail(error);
      },
    );
  }

  private async *wholeFile(file: Readable): AsyncGenerator<Buffer> {
    yield* file as AsyncIterable<Buffer>;
    this.aroundFileBytes = 0;
    this.fileIsComing = false;
    await this.ended();
  }

  /** Until the parser has seen the last boundary and the body its end. */
  private ended(): Promise<void> {
    return new Promise((resolve, reject) => {
      finished(this.parser, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  private fail(error: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.request.body.unpipe(this.parser);
    // Whoever takes the file fails with it, and removes what was written.
    this.parser.destroy(error instanceof Error ? error : undefined);
    const told = (): void => {
      this.reject(error);
    };
    if (this.taking === undefined) told();
    else this.taking.then(told, told);
  }
}

function parserOf(contentType: string | undefined): Busboy {
  if (!/^multipart\/form-data\s*;/i.test(contentType ?? '')) {
    throw new InvalidFormError('it is no multipart/form-data');
  }
  try {
    return busboy({ headers: { 'content-type': contentType }, limits: LIMITS, defParamCharset: 'utf8' });
  } catch (error) {
    throw new InvalidFormError('its Content-Type has no boundary', { cause: error });
  }
}

/** The parser's words for what it cannot read. */
function toFormError(error: unknown): unknown {
  if (!(error instanceof Error)) return new InvalidFormError('it cannot be read');
  if (error.message.includes('Unexpected end of form')) {
    return new InvalidFormError('it ends before its last boundary', { cause: error });
  }
  if (error.message.includes('Malformed'))
    return new InvalidFormError('a part of it has no proper headers', { cause: error });
  return error;
}
