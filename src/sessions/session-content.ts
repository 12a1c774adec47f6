import { Injectable } from '@nestjs/common';
import { contentDisposition, type ContentRequest, type PlannedContent } from '../content/index.js';
import type { StoredFile } from '../files/index.js';
import { FileContent } from '../links/index.js';
import { NamedFiles, type NamedFileQuery } from './named-files.js';
import { sessionResult, sessionTranscript } from './session-kinds.js';

type NameQuery = Omit<NamedFileQuery, 'kind'>;

/** Serves results and transcripts: what their readers want is the content, not a record. Throws as `FileContent.open` does, too. */
@Injectable()
export class SessionContent {
  constructor(
    private readonly files: NamedFiles,
    private readonly content: FileContent,
  ) {}

  /** Without an extension a result is JSON. Throws `SessionFileNotFoundError`. */
  async result(query: NameQuery, request: ContentRequest): Promise<PlannedContent> {
    const name = /\.(?:json|png|m4a)$/.test(query.name) ? query.name : `${query.name}.json`;
    return this.read(await this.files.get({ ...query, name, kind: sessionResult }), request);
  }

  /** Throws `SessionFileNotFoundError`. */
  async transcript(query: NameQuery, request: ContentRequest): Promise<PlannedContent> {
    return this.read(await this.files.get({ ...query, kind: sessionTranscript }), request);
  }

  private read(file: StoredFile, http: ContentRequest): Promise<PlannedContent> {
    return this.content.open(file, {
      http,
      presentation: {
        contentDisposition: contentDisposition('inline', file.originalFilename),
      },
    });
  }
}
