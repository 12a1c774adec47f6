import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Actor } from '../auth/index.js';
import { Ids } from '../config/index.js';
import { checkQuery } from '../http/index.js';
import { FormUploads, type FormUpload } from '../uploads/index.js';
import type { StoredFileResponse } from './dto/session-file.response.js';
import {
  ClipTarget,
  ManualUploadQuery,
  OriginalTypeQuery,
  type AssetsParam,
  type ClipQuery,
  type LinkQuery,
} from './dto/session.params.js';
import { manualUpload, sessionAsset, sessionClip, sessionOriginal } from './session-kinds.js';
import { StoredAnswers } from './stored-answers.js';

/** A request that brings a form. */
export interface FormRequest<Query extends LinkQuery = LinkQuery> {
  readonly query: Query;
  readonly actor: Actor;
  readonly request: Request;
  readonly response: Response;
}

type Fields = Readonly<Record<string, unknown>>;

/** Takes files in that come as forms. With `?link=1` the answer carries a link. */
@Injectable()
export class SessionUploads {
  constructor(
    private readonly forms: FormUploads,
    private readonly answers: StoredAnswers,
    private readonly ids: Ids,
  ) {}

  original(sessionId: string, form: FormRequest<OriginalTypeQuery>): Promise<StoredFileResponse> {
    return this.receive(form, {
      kind: sessionOriginal,
      target: async (fields) => {
        const { type } = await checkQuery(OriginalTypeQuery, { ...named('type', fields), ...form.request.query });
        return { parameters: { sessionId, type }, references: { sessionId } };
      },
    });
  }

  asset({ id: sessionId, category }: AssetsParam, form: FormRequest): Promise<StoredFileResponse> {
    return this.receive(form, {
      kind: sessionAsset,
      target: () => Promise.resolve({ parameters: { sessionId, category }, references: { sessionId } }),
    });
  }

  /** The sound of a quote, cut by somebody else. */
  clip(sessionId: string, form: FormRequest<ClipQuery>): Promise<StoredFileResponse> {
    return this.receive(form, {
      kind: sessionClip,
      target: async (fields) => {
        const asked = form.query.quoteId === undefined ? named('quoteId', fields) : { quoteId: form.query.quoteId };
        const { quoteId } = await checkQuery(ClipTarget, asked);
        return { parameters: { sessionId, quoteId }, references: { sessionId }, metadata: { quoteId } };
      },
    });
  }

  /** Outside any session. */
  manual(form: FormRequest<ManualUploadQuery>): Promise<StoredFileResponse> {
    return this.receive(form, {
      kind: manualUpload,
      target: async (fields) => {
        const query = await checkQuery(ManualUploadQuery, { ...named('uploadId', fields), ...form.request.query });
        const uploadId = query.uploadId ?? this.ids.next();
        return { parameters: { uploadId }, references: {}, metadata: { uploadId } };
      },
    });
  }

  private async receive(form: FormRequest, upload: Pick<FormUpload, 'kind' | 'target'>): Promise<StoredFileResponse> {
    this.answers.permit(form);
    return this.answers.of(await this.forms.receive(form, { ...upload, actor: form.actor }), form);
  }
}

/** Of the form's fields, the one that is a parameter: what else a form carries is its own business. */
function named(name: string, fields: Fields): Record<string, unknown> {
  return Object.hasOwn(fields, name) ? { [name]: fields[name] } : {};
}
