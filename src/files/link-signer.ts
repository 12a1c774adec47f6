import { Injectable } from '@nestjs/common';
import { CloudFront } from '../cloudfront/index.js';
import { Clock } from '../config/index.js';
import type { DomainError } from '../errors/index.js';
import { FileKinds, ObjectStorage, originalFilename, type ObjectServer } from '../storage/index.js';
import { contentDisposition, type Disposition } from './content-disposition.js';
import { FileNotStoredError, FileTrashedError, InvalidFilenameError, NotLinkableError } from './files.errors.js';
import { AddressNotEnforceableError, LinkNeverOpenError, StartNotEnforceableError } from './links.errors.js';
import { FileStatus, type StoredFile } from './stored-file.entity.js';

/** Which server answers a link. */
export type LinkServer = ObjectServer | 'cloudfront';

/** The URL is a secret: it goes to the client only. */
export interface FileLink {
  readonly file: StoredFile;
  readonly url: string;
  /** When it really ends: with the credentials that signed it, should they end first. */
  readonly expiresAt: Date;
  readonly servedBy: LinkServer;
}

export interface LinkTerms {
  readonly expiresInSeconds: number;
  readonly disposition?: Disposition;
  /** In place of the original name. */
  readonly filename?: string;
  /** The only address, or network of addresses, that it shall work from. */
  readonly ip?: string;
  /** Closed until then. */
  readonly startsAt?: Date;
}

/** Types that run in the reader's browser: never shown inline from a link of ours. */
const ACTIVE = /^(?:text\/html|image\/svg\+xml|application\/xhtml\+xml|(?:text|application)\/xml)\b/;

/** Signs links: of CloudFront where there is a distribution, of the store where there is none. */
@Injectable()
export class LinkSigner {
  constructor(
    private readonly cloudfront: CloudFront,
    private readonly storage: ObjectStorage,
    private readonly kinds: FileKinds,
    private readonly clock: Clock,
  ) {}

  /** Why a file may not be given out; undefined when it may. */
  findObstacle(file: StoredFile): DomainError | undefined {
    if (file.status === FileStatus.Trashed) return new FileTrashedError(file.id);
    if (!file.isStored()) return new FileNotStoredError(file.id, file.status);
    return this.kinds.get(file.kind).linkable ? undefined : new NotLinkableError(file.kind);
  }

  /**
   * A link to a file that nothing stands in the way of. Throws `AddressNotEnforceableError`, `StartNotEnforceableError`,
   * `LinkNeverOpenError`, `InvalidFilenameError`.
   */
  async sign(file: StoredFile, terms: LinkTerms): Promise<FileLink> {
    const disposition = ACTIVE.test(file.contentType) ? 'attachment' : (terms.disposition ?? 'attachment');
    const presentation = {
      contentType: file.contentType,
      contentDisposition: contentDisposition(disposition, downloadName(file, terms)),
    };
    if (this.cloudfront.isConfigured) {
      const { ip, startsAt } = terms;
      const expiresAt = new Date(this.clock.now().getTime() + terms.expiresInSeconds * 1000);
      if (startsAt !== undefined && startsAt >= expiresAt) throw new LinkNeverOpenError(expiresAt);
      const signed = await this.cloudfront.signGet(file.key, { ...presentation, expiresAt, ip, startsAt });
      return { ...signed, file, servedBy: 'cloudfront' };
    }
    const servedBy = this.storage.server;
    if (terms.ip !== undefined) throw new AddressNotEnforceableError(servedBy);
    if (terms.startsAt !== undefined) throw new StartNotEnforceableError(servedBy);
    const { expiresInSeconds } = terms;
    const { url, expiresAt } = await this.storage.presignGet(file.key, { ...presentation, expiresInSeconds });
    return { file, url, expiresAt, servedBy };
  }
}

/** The name of the download: what was asked for is made as safe as what was uploaded. */
function downloadName(file: StoredFile, { filename }: LinkTerms): string {
  if (filename === undefined) return file.originalFilename;
  const name = originalFilename(filename);
  if (name === '') throw new InvalidFilenameError();
  return name;
}
