import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { appConfig, type AppConfig } from '../config/index.js';
import { FilesService, PlaceReader, type StoredFile } from '../files/index.js';
import type { PicturePlace } from './picture-place.js';
import { PictureNotFoundError } from './pictures.errors.js';

/** The two files of one revision of a picture, and where anybody may look at them. */
export interface Picture {
  readonly main: StoredFile;
  readonly thumbnail: StoredFile;
  readonly url: string;
  readonly thumbnailUrl: string;
}

/** Finds the pictures that places have, and takes them away. */
@Injectable()
export class PicturesService {
  constructor(
    private readonly places: PlaceReader,
    private readonly files: FilesService,
    @Inject(appConfig.KEY) private readonly config: AppConfig,
  ) {}

  /** The current picture of a place; throws `PictureNotFoundError`. */
  async get({ kind, parameters }: PicturePlace): Promise<Picture> {
    return this.toPicture(await this.places.current(kind.template.build(parameters)));
  }

  /** Moves the current picture to the trash, both files of it. Where there is none, nothing changes. */
  async remove({ kind, parameters }: PicturePlace, actor: Actor): Promise<void> {
    const [main] = await this.places.current(kind.template.build(parameters));
    if (main !== undefined) await this.files.trash(main.id, actor);
  }

  /** Main file and thumbnail as one picture; throws `PictureNotFoundError` when they are not there. */
  toPicture([main, thumbnail]: readonly StoredFile[]): Picture {
    if (main?.revisionId == null || thumbnail === undefined) throw new PictureNotFoundError();
    return {
      main,
      thumbnail,
      url: this.urlOf(main),
      thumbnailUrl: this.urlOf(thumbnail),
    };
  }

  private urlOf({ revisionId, key }: StoredFile): string {
    return `${this.config.publicUrl}/v1/pictures/${revisionId ?? ''}/${nameOf(key)}`;
  }
}

/** The file name of a place's key or of a revision's. */
export function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
