import { Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Actor } from '../auth/index.js';
import { FormUploads } from '../uploads/index.js';
import { CharterDraftsService, charterVersionOf } from './charter-drafts.service.js';
import { charterDraft } from './charter-kinds.js';
import { countCitations } from './citations.js';
import { toCharterDraftResponse, type CharterDraftResponse } from './dto/charter-draft.response.js';

/** A new version of a charter on its way in. */
export interface CharterDraftUpload {
  readonly documentId: string;
  readonly actor: Actor;
  readonly request: Request;
  readonly response: Response;
}

/** Takes drafts in: the charter, and its citations beside it. */
@Injectable()
export class CharterDraftUploads {
  private readonly logger = new Logger(CharterDraftUploads.name);

  constructor(
    private readonly forms: FormUploads,
    private readonly drafts: CharterDraftsService,
  ) {}

  /** Stores both files of the form under the next number. */
  async receive({ documentId, actor, request, response }: CharterDraftUpload): Promise<CharterDraftResponse> {
    let citationCount = 0;
    const { answer: draft, replayed } = await this.forms.receiveAs(
      { request, response },
      {
        kind: charterDraft,
        actor,
        field: 'charter',
        target: () => Promise.resolve({ parameters: { documentId }, references: { documentId } }),
        companions: [
          {
            field: 'citations',
            variant: 'citations',
            filename: 'citations.json',
            check: async (bytes) => {
              citationCount = await countCitations(bytes);
            },
          },
        ],
        then: (em, files) => this.drafts.enter(em, files, citationCount),
        answer: (charter, [, citations]) =>
          toCharterDraftResponse({ ...charterVersionOf(charter), charter, citations, citationCount }),
      },
    );
    const { version, charter } = draft;
    if (!replayed) this.logger.log({ event: 'CHARTER_DRAFT_UPLOADED', documentId, version, fileId: charter.id });
    return draft;
  }
}
