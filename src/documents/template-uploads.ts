import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Request, Response } from 'express';
import type { Actor } from '../auth/index.js';
import { FileStatus, StoredFile } from '../files/index.js';
import type { SentFile } from '../intake/index.js';
import { placeKeyOf, splitExtension } from '../storage/index.js';
import { FormUploads } from '../uploads/index.js';
import { TemplateTypeError } from './documents.errors.js';
import { toTemplateResponse, type TemplateResponse } from './dto/template.response.js';
import { lockName } from './name-lock.js';
import { kindOf, templateOf, type TemplateName } from './templates.service.js';

/** A template that is to be stored or replaced. */
export interface TemplateUpload extends TemplateName {
  readonly actor: Actor;
  readonly request: Request;
  /** Its status is 201 in place of 200 when there was none of this name. */
  readonly response: Response;
}

/** Takes templates in. */
@Injectable()
export class TemplateUploads {
  private readonly logger = new Logger(TemplateUploads.name);

  constructor(private readonly forms: FormUploads) {}

  /** Makes the form's file the current revision; its extension counts where the name has none. */
  async receive({ family, name, actor, request, response }: TemplateUpload): Promise<TemplateResponse> {
    const { stem, extension } = splitExtension(name);
    const found = { current: true };
    const { answer, replayed } = await this.forms.receiveAs(
      { request, response },
      {
        kind: kindOf(family),
        actor,
        target: () => Promise.resolve({ parameters: { name: stem }, references: {} }),
        guard: async (em, sent) => {
          found.current = await hasCurrent(em, placeFor(sent, extension));
        },
        // The status is part of the answer: a repetition gets that of the first time.
        answer: (file) => ({
          status: found.current ? 200 : 201,
          template: toTemplateResponse(templateOf(file)),
        }),
      },
    );
    const { status, template } = answer;
    response.status(status);
    if (!replayed) {
      const { family: folder, name: stored, id: fileId } = template;
      this.logger.log({ event: 'TEMPLATE_STORED', family: folder, name: stored, fileId });
    }
    return template;
  }
}

/** The place of what was sent. Throws `TemplateTypeError` when the name asks for another extension. */
function placeFor([file]: readonly SentFile[], extension: string): string {
  if (file === undefined) throw new Error('A template is a file');
  const placeKey = placeKeyOf(file.key);
  if (extension !== '' && splitExtension(placeKey).extension !== extension) throw new TemplateTypeError(extension);
  return placeKey;
}

async function hasCurrent(em: EntityManager, placeKey: string): Promise<boolean> {
  await lockName(em, placeKey);
  return (await em.count(StoredFile, { placeKey, status: FileStatus.Stored })) > 0;
}
