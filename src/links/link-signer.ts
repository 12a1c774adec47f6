import { Injectable } from '@nestjs/common';
import { CloudFront } from '../cloudfront/index.js';
import { servedType } from '../content/index.js';
import type { StoredFile } from '../files/index.js';
import { ObjectStorage, type ObjectServer } from '../storage/index.js';
import { downloadDisposition, type DownloadRequest } from './download-disposition.js';
import { wholeSeconds } from './link-life.js';
import { AddressNotEnforceableError, LinkNeverOpenError, StartNotEnforceableError } from './links.errors.js';

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
  /** From when they count; cut to whole seconds. */
  readonly signedAt: Date;
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
  ) {}

  /**
   * A link to a file that nothing stands in the way of. Throws `AddressNotEnforceableError`, `StartNotEnforceableError`,
   * `LinkNeverOpenError`, `InvalidFilenameError`.
   */
  async sign(file: StoredFile, terms: LinkTerms): Promise<FileLink> {
    const presentation = {
      contentType: servedType(file.contentType),
      contentDisposition: downloadDisposition(file, terms),
    };
    const { expiresInSeconds } = terms;
    const signedAt = wholeSeconds(terms.signedAt);
    if (this.cloudfront.isConfigured) {
      const { ip } = terms;
      const startsAt = terms.startsAt && wholeSeconds(terms.startsAt);
      const expiresAt = new Date(signedAt.getTime() + expiresInSeconds * 1000);
      if (startsAt !== undefined && startsAt >= expiresAt) throw new LinkNeverOpenError(expiresAt);
      const signed = await this.cloudfront.signGet(file.key, { ...presentation, expiresAt, ip, startsAt });
      return { ...signed, file, servedBy: 'cloudfront' };
    }
    const servedBy = this.storage.server;
    if (terms.ip !== undefined) throw new AddressNotEnforceableError(servedBy);
    if (terms.startsAt !== undefined) throw new StartNotEnforceableError(servedBy);
    const signed = await this.storage.presignGet(file.key, { ...presentation, expiresInSeconds, signedAt });
    const { url, expiresAt } = signed;
    return { file, url, expiresAt, servedBy };
  }
}
