import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Actor } from '../auth/index.js';
import { originalFilename, splitExtension } from '../storage/index.js';
import {
  formParameters,
  FormUploads,
  NoFileError,
  readSmallFile,
  StoredAnswers,
  type StoredFileResponse,
} from '../uploads/index.js';
import { ContentBodyPipe } from './content-body.pipe.js';
import { PostTranscriptRequest } from './dto/posted.requests.js';
import type { PostTranscriptQuery } from './dto/session.params.js';
import { NamedFiles } from './named-files.js';
import { MAX_CONTENT_BYTES, transcriptContent, utf8Text } from './posted-content.js';
import { SESSION_FILE_UPLOADED, sessionTranscript } from './session-kinds.js';

const FILE_FIELD = 'file';
const BODY = new ContentBodyPipe(PostTranscriptRequest);

/** A transcript as it was posted: as JSON, or as the file of a form. */
export interface PostedTranscript {
  readonly sessionId: string;
  readonly query: PostTranscriptQuery;
  readonly actor: Actor;
  readonly request: Request;
  readonly response: Response;
}

/** Takes transcripts in: text, text by speaker, captions. */
@Injectable()
export class SessionTranscripts {
  constructor(
    private readonly files: NamedFiles,
    private readonly forms: FormUploads,
    private readonly answers: StoredAnswers,
  ) {}

  /** Stores a transcript; the same name again, of the same recording, replaces it. */
  async store(posted: PostedTranscript): Promise<StoredFileResponse> {
    const { sessionId, query, actor, request } = posted;
    this.answers.permit({ query, actor });
    const isForm = typeof request.is('multipart/form-data') === 'string';
    const { name, content, sourceFileId } = await BODY.transform(isForm ? await this.readForm(posted) : request.body);
    const { stem, extension } = splitExtension(name);
    const stored = await this.files.store({
      kind: sessionTranscript,
      sessionId,
      name: stem,
      extension,
      bytes: transcriptContent(extension, content),
      sourceFileId: query.sourceFileId ?? sourceFileId,
      idempotencyKey: request.get('idempotency-key'),
      actor,
    });
    return this.answers.of(stored, { query, actor, event: SESSION_FILE_UPLOADED });
  }

  /** The same as JSON would say: the file's name and its text. */
  private async readForm({ request, response }: PostedTranscript): Promise<Record<string, unknown>> {
    const [body] = await this.forms.read(
      { request, response },
      {
        fileFields: [FILE_FIELD],
        maxSizeBytes: MAX_CONTENT_BYTES,
        take: async ({ filename, body: bytes, fields }) => ({
          name: originalFilename(filename),
          content: utf8Text(await readSmallFile(bytes, MAX_CONTENT_BYTES)),
          ...formParameters(['sourceFileId'], { fields, query: request.query }),
        }),
        undo: () => Promise.resolve(),
      },
    );
    if (body === undefined) throw new NoFileError(FILE_FIELD);
    return body;
  }
}
