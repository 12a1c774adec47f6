import type { Readable, Writable } from 'node:stream';
import type { Request } from 'express';
import multer, { MulterError, type Options } from 'multer';
import { errorMessage } from '../errors/index.js';
import { FileTooLargeError, UploadInterruptedError } from '../intake/index.js';
import type { FormExchange } from './form-exchange.js';
import { FormEngine, type Taken } from './form-engine.js';
import { MalformedMultipartError, UnexpectedFieldError } from './uploads.errors.js';

/** A file of a form, while its bytes arrive. */
export interface FormFile {
  /** The form field that holds it. */
  readonly field: string;
  /** As the sender wrote it. */
  readonly filename: string;
  readonly body: Readable;
  /** Fields that came before the file. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What is done with a form's files. */
export interface FormFileHandler<T> {
  /** The form fields that may hold a file, one each. */
  readonly fileFields: readonly string[];
  /** Bytes that the files may have together. */
  readonly maxSizeBytes: number;
  /** Takes the bytes; must read the body to its end or destroy it. */
  take(file: FormFile): Promise<T>;
  /** Undoes what `take` did, when the rest of the form turns out wrong. */
  undo(taken: T): Promise<void>;
}

/** What a form may have besides the file: boundaries, headers, small fields. */
export const FORM_OVERHEAD_BYTES = 128 * 1024;

const LIMITS = { fields: 20, fieldNameSize: 100, fieldSize: 64 * 1024, parts: 25, headerPairs: 100 };

/** An option of multer that its types do not have yet. */
type StreamingOptions = Options & { readonly streamHandler: (request: Request, parser: Writable) => void };

/**
 * Reads a multipart/form-data request with at most one file in each of the handler's fields. Settles as soon as the outcome is
 * known: on a failure the rest of the body is not waited for. Memory: what multer and one chunk need.
 */
export async function readForm<T>(
  { request, response }: FormExchange,
  handler: FormFileHandler<T>,
): Promise<readonly Taken<T>[]> {
  const engine = new FormEngine(handler);
  const options: StreamingOptions = {
    storage: engine,
    limits: LIMITS,
    defParamCharset: 'utf8',
    fileFilter: engine.admit,
    streamHandler: (body, parser) => {
      watch(body, parser, { maxBytes: handler.maxSizeBytes, refuse: engine.refuse });
      body.pipe(parser);
    },
  };
  const parsed = new Promise<void>((resolve, reject) => {
    multer(options).any()(request, response, (error: unknown) => {
      if (error == null) resolve();
      else reject(translate(error));
    });
  });
  // The parser may stumble over what the handler's refusal did to the stream: the refusal is the reason then.
  const told = parsed.catch(async (error: unknown) => {
    throw (await engine.failure()) ?? error;
  });
  told.catch(() => undefined);
  try {
    // Multer tells of a failure only after the body was drained: the engine's own word comes first.
    return await Promise.race([engine.refused, engine.early, told.then(() => engine.taken())]);
  } catch (error) {
    await engine.abandon();
    throw translate(error, handler.fileFields);
  }
}

/** Tells of what the parser or multer would tell of only after the last byte. */
function watch(
  body: Readable,
  parser: Writable,
  { maxBytes, refuse }: { readonly maxBytes: number; readonly refuse: (error: Error) => void },
): void {
  let bytes = 0;
  let fileBegan = false;
  parser.on('file', () => {
    fileBegan = true;
  });
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    // The parser swallows an endless field without a word.
    if (!fileBegan && bytes > FORM_OVERHEAD_BYTES)
      refuse(new MalformedMultipartError('too much comes before the file, or its name cannot be read'));
    if (bytes > maxBytes + FORM_OVERHEAD_BYTES) refuse(new FileTooLargeError(maxBytes));
  });
  parser.on('error', (error: Error) => {
    refuse(translate(error));
  });
  parser.on('field', (_name: unknown, _value: unknown, info: { nameTruncated: boolean; valueTruncated: boolean }) => {
    if (info.nameTruncated || info.valueTruncated) refuse(new MalformedMultipartError('a field is too long'));
  });
  for (const limit of ['partsLimit', 'fieldsLimit']) {
    parser.on(limit, () => {
      refuse(new MalformedMultipartError('it has too many parts'));
    });
  }
}

function translate(error: unknown, fileFields: readonly string[] = []): Error {
  if (!(error instanceof Error)) return new MalformedMultipartError('it cannot be parsed');
  if (error instanceof UploadInterruptedError && errorMessage(error.cause).startsWith('Unexpected end of')) {
    return new MalformedMultipartError('it ends before its last boundary', { cause: error });
  }
  if (error instanceof MulterError) {
    return error.code === 'LIMIT_UNEXPECTED_FILE'
      ? new UnexpectedFieldError(error.field ?? '', fileFields)
      : new MalformedMultipartError(error.message.toLowerCase(), { cause: error });
  }
  if (/^Request (?:aborted|closed|error)$/.test(error.message)) return new UploadInterruptedError({ cause: error });
  if (/Multipart: |Malformed part header|Unexpected end of form|Malformed content type/.test(error.message)) {
    return new MalformedMultipartError(error.message.toLowerCase(), { cause: error });
  }
  return error;
}
