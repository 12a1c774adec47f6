import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { PlaceReader } from '../files/index.js';
import { FileIntake, type SentFile } from '../intake/index.js';
import { splitExtension } from '../storage/index.js';
import type { RenderedPictures } from './picture-job.js';
import { THUMBNAIL } from './picture-kinds.js';
import type { PicturePlace } from './picture-place.js';
import { PicturesService, type Picture } from './pictures.service.js';

/** Both sizes of a picture, and what is to become of them. */
export interface NewPicture {
  readonly place: PicturePlace;
  readonly actor: Actor;
  /** As it was sent, made safe. */
  readonly filename: string;
  readonly pictures: RenderedPictures;
}

export interface PutPicture {
  readonly picture: Picture;
  /** Whether the place had no picture before. */
  readonly created: boolean;
}

/** Makes a picture the current revision of its place: both sizes, or neither. */
@Injectable()
export class PictureStore {
  constructor(
    private readonly intake: FileIntake,
    private readonly places: PlaceReader,
    private readonly pictures: PicturesService,
  ) {}

  /** What fails leaves nothing behind, and the picture before in its place. */
  async put(picture: NewPicture): Promise<PutPicture> {
    const main = await this.send(picture);
    let thumbnail: SentFile;
    try {
      thumbnail = await this.send(picture, main);
    } catch (error) {
      await this.intake.discard([main], picture.actor, { reason: 'THUMBNAIL_FAILED' });
      throw error;
    }
    let created = true;
    const files = await this.intake.confirm([main, thumbnail], {
      actor: picture.actor,
      then: async (em, [stored]) => {
        if (stored !== undefined) created = !(await this.places.hasReplaced(em, stored));
      },
    });
    return { picture: this.pictures.toPicture(files), created };
  }

  /** Sends the main file, or the thumbnail beside the one that was sent. */
  private async send({ place, actor, filename, pictures }: NewPicture, main?: SentFile): Promise<SentFile> {
    const { kind, parameters, ownerId } = place;
    const { width, height, bytes } = main === undefined ? pictures.main : pictures.thumbnail;
    const [extension = ''] = kind.accepts;
    const sent = await this.intake.send({
      kind,
      parameters,
      references: ownerId === undefined ? {} : { ownerId },
      filename: `${splitExtension(filename).stem}${main === undefined ? '' : `_${THUMBNAIL}`}${extension}`,
      body: Readable.from([bytes]),
      // Of both, as the main file's room is that of its set.
      announcedBytes: pictures.main.bytes.length + pictures.thumbnail.bytes.length,
      actor,
      metadata: { width: String(width), height: String(height) },
      ...(main && { beside: { main, variant: THUMBNAIL } }),
    });
    if (sent.state !== 'sent') throw new Error('No request was named, and one was repeated');
    return sent;
  }
}
