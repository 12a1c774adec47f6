import { Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Actor } from '../auth/index.js';
import { Ids } from '../config/index.js';
import type { StoredFile } from '../files/index.js';
import { checkQuery } from '../http/index.js';
import { formParameters, FormUploads } from '../uploads/index.js';
import { publishedCharter } from './charter-kinds.js';
import { CharterPublicationsService, type PublicationRequest } from './charter-publications.service.js';
import { AlreadyPublishedError } from './documents.errors.js';
import {
  toCharterPublicationResponse,
  type CharterPublicationResponse,
  type PublicationFacts,
} from './dto/charter-publication.response.js';
import { PublishParameters } from './dto/charter.params.js';

/** A charter that is to be published. */
export interface CharterToPublish {
  readonly documentId: string;
  readonly actor: Actor;
  readonly request: Request;
  /** Its status is 200 in place of 201 when there was nothing to do. */
  readonly response: Response;
}

/** Publishes charters: one file, one row of history, in one transaction. */
@Injectable()
export class CharterPublishing {
  private readonly logger = new Logger(CharterPublishing.name);

  constructor(
    private readonly forms: FormUploads,
    private readonly publications: CharterPublicationsService,
    private readonly ids: Ids,
  ) {}

  /** Stores the form's file as what the slug stands for; what is published there already is answered, and stored no second time. */
  async receive(charter: CharterToPublish): Promise<CharterPublicationResponse> {
    try {
      return await this.publish(charter);
    } catch (error) {
      if (!(error instanceof AlreadyPublishedError)) throw error;
      charter.response.status(200);
      const { publication, file } = await this.publications.withFile(error.publication);
      return toCharterPublicationResponse(publication, file);
    }
  }

  private async publish({
    documentId,
    actor,
    request,
    response,
  }: CharterToPublish): Promise<CharterPublicationResponse> {
    let wanted: PublicationRequest | undefined;
    let id = '';
    const factsOf = (file: StoredFile): PublicationFacts => ({
      id,
      ...known(wanted),
      publishedAt: file.storedAt ?? file.createdAt,
      publishedBy: actor.principal.id,
    });
    const { answer: published, replayed } = await this.forms.receiveAs(
      { request, response },
      {
        kind: publishedCharter,
        actor,
        target: async (fields) => {
          const sent = formParameters(['version', 'slug'], { fields, query: request.query });
          const { version, slug } = await checkQuery(PublishParameters, sent);
          wanted = { documentId, version: Number(version), slug };
          await this.publications.assertAllowed(wanted);
          return { parameters: { slug }, references: { documentId }, metadata: { version } };
        },
        guard: async (em, [file]) => {
          await this.publications.claim(em, known(wanted), file?.checksum?.value ?? '');
          // Made under the lock, so that ids are in the order of publishing.
          id = this.ids.next();
        },
        then: async (em, [file]) => {
          if (file !== undefined) await this.publications.enter(em, { facts: factsOf(file), file, actor });
        },
        answer: (file) => toCharterPublicationResponse(factsOf(file), file),
      },
    );
    const { version, slug } = published;
    if (!replayed)
      this.logger.log({ event: 'CHARTER_PUBLISHED', documentId, version, slug, fileId: published.file?.id });
    return published;
  }
}

function known(wanted: PublicationRequest | undefined): PublicationRequest {
  if (wanted === undefined) throw new Error('A form has its target before its file is confirmed');
  return wanted;
}
