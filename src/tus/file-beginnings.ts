import { Injectable } from '@nestjs/common';
import type { Upload } from '../direct-uploads/index.js';
import { FilesService } from '../files/index.js';
import { DirectIntake, SNIFF_BYTES } from '../intake/index.js';
import { FileKinds } from '../storage/index.js';

/** So many bytes say what a file is. */
export const BEGINNING_BYTES = SNIFF_BYTES;

/** Tells files of a wrong type by their first bytes, before the others are sent. */
@Injectable()
export class FileBeginnings {
  constructor(
    private readonly intake: DirectIntake,
    private readonly files: FilesService,
    private readonly kinds: FileKinds,
  ) {}

  /** Throws `TypeNotAcceptedError`. */
  async assert({ kind, key, fileId }: Upload, head: Buffer): Promise<void> {
    const { originalFilename } = await this.files.get(fileId);
    await this.intake.assertBeginning({ kind: this.kinds.get(kind), key }, originalFilename, head);
  }
}
