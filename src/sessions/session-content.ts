import { Injectable } from '@nestjs/common';
import { planContent, servedType, type PlannedContent } from '../content/index.js';
import { contentDisposition, type StoredFile } from '../files/index.js';
import { ObjectMissingError, ObjectStorage } from '../storage/index.js';
import { NamedFiles, type NamedFileQuery } from './named-files.js';
import { sessionResult, sessionTranscript } from './session-kinds.js';

/** What of a request decides how content is served. */
export type ReadRequest = Parameters<typeof planContent>[0];

type NameQuery = Omit<NamedFileQuery, 'kind'>;

/** Serves results and transcripts: what their readers want is the content, not a record. */
@Injectable()
export class SessionContent {
  constructor(
    private readonly files: NamedFiles,
    private readonly storage: ObjectStorage,
  ) {}

  /** Without an extension a result is JSON. Throws `SessionFileNotFoundError`. */
  async result(query: NameQuery, request: ReadRequest): Promise<PlannedContent> {
    const name = /\.(?:json|png|m4a)$/.test(query.name) ? query.name : `${query.name}.json`;
    return this.read(await this.files.get({ ...query, name, kind: sessionResult }), request);
  }

  /** Throws `SessionFileNotFoundError`. */
  async transcript(query: NameQuery, request: ReadRequest): Promise<PlannedContent> {
    return this.read(await this.files.get({ ...query, kind: sessionTranscript }), request);
  }

  /** Throws `PreconditionFailedError`, `ObjectMissingError` and the store's errors. */
  private async read(file: StoredFile, request: ReadRequest): Promise<PlannedContent> {
    const { key, contentType, sizeBytes, etag, storedAt, createdAt, originalFilename } = file;
    const plan = planContent(
      request,
      { sizeBytes: sizeBytes ?? 0, etag: etag ?? '', lastModified: storedAt ?? createdAt, contentType },
      {
        contentType: servedType(contentType),
        contentDisposition: contentDisposition('inline', originalFilename),
      },
    );
    if (plan.range === undefined) return { plan };
    const content = await this.storage.find(key, plan.range);
    if (content === undefined) throw new ObjectMissingError(key);
    return { plan, body: content.body };
  }
}
