import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { DomainError } from '../errors/index.js';
import { InvalidFilenameError } from '../files/index.js';
import { EmptyFileError, IntakeStream, sniffType } from '../intake/index.js';
import { Metrics } from '../metrics/index.js';
import { extensionOf, FileKinds, originalFilename } from '../storage/index.js';
import { FormUploads, goneSignal, NoFileError, type FormExchange, type FormFile } from '../uploads/index.js';
import type { PicturePlace } from './picture-place.js';
import { PictureProcess } from './picture-process.js';
import { PictureStore, type NewPicture, type PutPicture } from './picture-store.js';
import type { Picture } from './pictures.service.js';

const FILE_FIELD = 'file';

/** Whose picture a form is to become, and who asks. */
export interface PictureUpload {
  readonly place: PicturePlace;
  readonly actor: Actor;
}

/** Takes pictures in: the form's file goes through a child process, and only what comes out of that is stored. */
@Injectable()
export class PictureUploads {
  constructor(
    private readonly forms: FormUploads,
    private readonly kinds: FileKinds,
    private readonly process: PictureProcess,
    private readonly store: PictureStore,
    private readonly metrics: Metrics,
  ) {}

  /** Makes the one file of a form the picture of a place; answers 201 where there was none, else 200. */
  async receive(exchange: FormExchange, upload: PictureUpload): Promise<Picture> {
    const kind = upload.place.kind.name;
    try {
      const { picture, created } = await this.put(exchange, upload);
      this.metrics.uploads.inc({ kind, outcome: 'stored' });
      this.metrics.uploadedBytes.inc({ kind }, picture.main.sizeBytes ?? 0);
      exchange.response.status(created ? 201 : 200);
      return picture;
    } catch (error) {
      this.metrics.uploads.inc({ kind, outcome: error instanceof DomainError ? error.code : 'INTERNAL_ERROR' });
      throw error;
    }
  }

  private async put(exchange: FormExchange, upload: PictureUpload): Promise<PutPicture> {
    const signal = goneSignal(exchange.request);
    const [received] = await this.forms.read<NewPicture>(exchange, {
      fileFields: [FILE_FIELD],
      maxSizeBytes: this.kinds.sendable(upload.place.kind).maxSizeBytes,
      take: (file) => this.take(file, { ...upload, signal }),
      // Nothing of it is anywhere but in memory.
      undo: () => Promise.resolve(),
    });
    if (received === undefined) throw new NoFileError(FILE_FIELD);
    return this.store.put(received);
  }

  private async take(
    { filename: given, body }: FormFile,
    { place, actor, signal }: PictureUpload & { readonly signal: AbortSignal },
  ): Promise<NewPicture> {
    const filename = originalFilename(given);
    const stream = await IntakeStream.open(body, { maxSizeBytes: this.kinds.sendable(place.kind).maxSizeBytes });
    try {
      if (filename === '') throw new InvalidFilenameError();
      if (stream.head.length === 0) throw new EmptyFileError();
      const foundType = await sniffType(stream.head);
      this.kinds.assertSendable(place.kind, { extension: extensionOf(filename), foundType });
    } catch (error) {
      await stream.cancel();
      throw error;
    }
    const pictures = await this.process.render(stream.body(), { shape: place.shape, signal });
    return { place, actor, filename, pictures };
  }
}
