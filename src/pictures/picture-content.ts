import { Injectable } from '@nestjs/common';
import { contentDisposition, type ContentRequest, type PlannedContent } from '../content/index.js';
import { PlaceReader } from '../files/index.js';
import { FileContent } from '../links/index.js';
import { ObjectMissingError } from '../storage/index.js';
import { PICTURE_KINDS } from './picture-kinds.js';
import { PictureNotFoundError } from './pictures.errors.js';
import { nameOf } from './pictures.service.js';

/** A year: what lies under such a URL never changes, a new picture has another. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** Which file of which revision. */
export interface PictureName {
  readonly revisionId: string;
  readonly name: string;
}

/** Serves pictures to whoever knows the URL of a revision. */
@Injectable()
export class PictureContent {
  constructor(
    private readonly places: PlaceReader,
    private readonly content: FileContent,
  ) {}

  /** The bytes of a picture, or of a range of it; throws `PictureNotFoundError` for one that is not, or no more, given out. */
  async open({ revisionId, name }: PictureName, request: ContentRequest): Promise<PlannedContent> {
    const files = await this.places.revision(revisionId);
    const file = files.find(
      ({ key, kind }) => nameOf(key) === name && PICTURE_KINDS.some((known) => known.name === kind),
    );
    if (file === undefined) throw new PictureNotFoundError();
    try {
      return await this.content.open(file, {
        http: request,
        presentation: { contentDisposition: contentDisposition('inline', name), cacheControl: IMMUTABLE },
      });
    } catch (error) {
      // Readers of a URL are told nothing of objects and keys.
      if (error instanceof ObjectMissingError) throw new PictureNotFoundError({ cause: error });
      throw error;
    }
  }
}
