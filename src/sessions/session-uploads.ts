import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Actor } from '../auth/index.js';
import { checkQuery } from '../http/index.js';
import { toFileResponse } from '../files/index.js';
import {
  formParameters,
  FormUploads,
  RawUploads,
  StoredAnswers,
  type FormUpload,
  type LinkQuery,
  type StoredFileResponse,
} from '../uploads/index.js';
import {
  ClipTarget,
  ManualUploadQuery,
  OriginalTypeQuery,
  type AssetsParam,
  type ClipQuery,
  type SessionFileParam,
} from './dto/session.params.js';
import { SessionTargets } from './session-targets.js';
import { manualUpload, SESSION_FILE_UPLOADED, sessionAsset, sessionClip, sessionOriginal } from './session-kinds.js';

/** A request that brings a form, or the bytes of a file. */
export interface FormRequest<Query extends LinkQuery = LinkQuery> {
  readonly query: Query;
  readonly actor: Actor;
  readonly request: Request;
  readonly response: Response;
}

/** Takes files in that come as forms or as bodies. With `?link=1` the answer carries a link. */
@Injectable()
export class SessionUploads {
  constructor(
    private readonly forms: FormUploads,
    private readonly raw: RawUploads,
    private readonly answers: StoredAnswers,
    private readonly targets: SessionTargets,
  ) {}

  original(sessionId: string, form: FormRequest<OriginalTypeQuery>): Promise<StoredFileResponse> {
    return this.receive(form, {
      kind: sessionOriginal,
      target: async (fields) => {
        const sent = formParameters(['type'], { fields, query: form.request.query });
        const { type } = await checkQuery(OriginalTypeQuery, sent);
        return this.targets.original({ sessionId, type });
      },
    });
  }

  /** The whole body is the file. */
  async rawOriginal(
    { id: sessionId, filename }: SessionFileParam,
    put: FormRequest<OriginalTypeQuery>,
  ): Promise<StoredFileResponse> {
    this.answers.permit(put);
    const { query, actor } = put;
    const target = this.targets.original({ sessionId, type: query.type });
    const file = { ...target, kind: sessionOriginal, filename, actor };
    return this.answers.of(await this.raw.receive(put, file), { query, actor, event: SESSION_FILE_UPLOADED });
  }

  asset({ id: sessionId, category }: AssetsParam, form: FormRequest): Promise<StoredFileResponse> {
    return this.receive(form, {
      kind: sessionAsset,
      target: () => Promise.resolve(this.targets.asset({ sessionId, category })),
    });
  }

  /** The sound of a quote, cut by somebody else. */
  clip(sessionId: string, form: FormRequest<ClipQuery>): Promise<StoredFileResponse> {
    return this.receive(form, {
      kind: sessionClip,
      target: async (fields) => {
        const sent = formParameters(['quoteId'], { fields, query: form.request.query });
        const { quoteId } = await checkQuery(ClipTarget, sent);
        return this.targets.clip({ sessionId, quoteId });
      },
    });
  }

  /** Outside any session. */
  manual(form: FormRequest<ManualUploadQuery>): Promise<StoredFileResponse> {
    return this.receive(form, {
      kind: manualUpload,
      target: async (fields) => {
        const sent = formParameters(['uploadId'], { fields, query: form.request.query });
        return this.targets.manual(await checkQuery(ManualUploadQuery, sent));
      },
    });
  }

  private async receive(form: FormRequest, upload: Pick<FormUpload, 'kind' | 'target'>): Promise<StoredFileResponse> {
    this.answers.permit(form);
    const { query, actor } = form;
    const stored = await this.forms.receiveAs(form, { ...upload, actor, answer: toFileResponse });
    return this.answers.of(stored, { query, actor, event: SESSION_FILE_UPLOADED });
  }
}
