import { Injectable } from '@nestjs/common';
import { CloudFront } from '../cloudfront/index.js';
import { Clock } from '../config/index.js';
import { ObjectStorage, type ObjectServer } from '../storage/index.js';
import { downloadDisposition, type DownloadRequest } from './content-disposition.js';
import { AddressNotEnforceableError, LinkNeverOpenError, StartNotEnforceableError } from './links.errors.js';
import type { StoredFile } from './stored-file.entity.js';

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

export interface LinkTerms extends DownloadRequest {
  readonly expiresInSeconds: number;
  /** The only address, or network of addresses, that it shall work from. */
  readonly ip?: string;
  /** Closed until then. */
  readonly startsAt?: Date;
}

/** Signs links: of CloudFront where there is a distribution, of the store where there is none. */
@Injectable()
export class LinkSigner {
  constructor(
    private readonly cloudfront: CloudFront,
    private readonly storage: ObjectStorage,
    private readonly clock: Clock,
  ) {}

  /**
   * A link to a file that nothing stands in the way of. Throws `AddressNotEnforceableError`, `StartNotEnforceableError`,
   * `LinkNeverOpenError`, `InvalidFilenameError`.
   */
  async sign(file: StoredFile, terms: LinkTerms): Promise<FileLink> {
    const presentation = {
      contentType: file.contentType,
      contentDisposition: downloadDisposition(file, terms),
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
