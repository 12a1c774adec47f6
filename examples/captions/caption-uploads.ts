import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Actor } from '../../src/auth/index.js';
import { FormUploads } from '../../src/uploads/index.js';
import { captionDraft } from './caption-kinds.js';
import type { CaptionResponse } from './dto/caption.response.js';

/** A request that sends captions. */
export interface CaptionUpload {
  readonly sessionId: string;
  readonly language: string;
  readonly actor: Actor;
  readonly request: Request;
  readonly response: Response;
}

/** Takes drafts in. */
@Injectable()
export class CaptionUploads {
  constructor(private readonly forms: FormUploads) {}

  /** Stores the form's file as a new draft. */
  async receive({ sessionId, language, actor, request, response }: CaptionUpload): Promise<CaptionResponse> {
    const file = await this.forms.receive(
      { request, response },
      {
        kind: captionDraft,
        actor,
        target: () => Promise.resolve({ parameters: { sessionId, language }, references: { sessionId } }),
      },
    );
    return { language, file };
  }
}
