import type { Readable, Writable } from 'node:stream';
import type { Request, Response } from 'express';
import multer, { MulterError, type Options } from 'multer';
import { errorMessage } from '../errors/index.js';
import { FileTooLargeError, UploadInterruptedError } from '../files/index.js';
import { FormEngine } from './form-engine.js';
import { MalformedMultipartError, NoFileError, UnexpectedFieldError } from './uploads.errors.js';

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
  /** Bytes that the file may have. */
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
 * Reads a multipart/form-data request with exactly one file in the field `file`. Settles as soon as the outcome is known: on a
 * failure the rest of the body is not waited for. Memory: what multer and one chunk need.
 */
export async function readForm<T>(request: Request, response: Response, handler: FormFileHandler<T>): Promise<T> {
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
    const taken = await Promise.race([engine.refused, engine.early, told.then(() => engine.taken())]);
    if (taken === undefined) throw new NoFileError();
    return taken.value;
  } catch (error) {
    await engine.abandon();
    throw translate(error);
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
