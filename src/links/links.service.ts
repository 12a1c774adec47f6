import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { FileAvailability, type RefusedFile } from '../availability/index.js';
import { Clock } from '../config/index.js';
import { FileNotFoundError, FilesService, type StoredFile } from '../files/index.js';
import type { IdempotentRequest } from '../idempotency/index.js';
import { storageConfig, type StorageConfig } from '../storage/index.js';
import { LinkLedger } from './link-ledger.js';
import { assertNotEnded, linkSeconds, secondsUntil } from './link-life.js';
import { LinkSigner, type FileLink, type LinkTerms } from './link-signer.js';
import { LinksRefusedError } from './links.errors.js';

/** What a link shall do, and what for. */
export interface LinkRequest extends Omit<LinkTerms, 'expiresInSeconds' | 'signedAt'> {
  /** An hour where absent, or LINK_MAX_SECONDS if that is less. */
  readonly expiresInSeconds?: number;
  /** For the ledger. */
  readonly purpose?: string;
}

/** Who asks for links, and how. */
export interface LinkOrder {
  readonly request: LinkRequest;
  readonly actor: Actor;
  readonly idempotent?: IdempotentRequest | undefined;
}

/** Hands out expiring links, and keeps a ledger of them in the audit log. */
@Injectable()
export class LinksService {
  private readonly logger = new Logger(LinksService.name);

  constructor(
    private readonly files: FilesService,
    private readonly availability: FileAvailability,
    private readonly signer: LinkSigner,
    private readonly ledger: LinkLedger,
    private readonly clock: Clock,
    @Inject(storageConfig.KEY) private readonly config: StorageConfig,
  ) {}

  /** A link that downloads a stored file under its original name. */
  async create(fileId: string, order: LinkOrder): Promise<FileLink> {
    const file = await this.availability.get(fileId);
    const { refused, until } = await this.availability.examine([file]);
    if (refused[0] !== undefined) throw refused[0].reason;
    const [link] = await this.issue([file], { ...order, readableUntil: until });
    if (link === undefined) throw new Error('A link was asked for and none was made');
    return link;
  }

  /** A link to each of these files, in their order; or to none, and `LinksRefusedError` says which stand in the way. */
  async createMany(fileIds: readonly string[], order: LinkOrder): Promise<readonly FileLink[]> {
    const found = new Map((await this.files.findMany(fileIds)).map((file) => [file.id, file]));
    const files: StoredFile[] = [];
    const refused: RefusedFile[] = [];
    for (const fileId of fileIds.map((id) => id.toLowerCase())) {
      const file = found.get(fileId);
      const reason = file === undefined ? new FileNotFoundError(fileId) : this.availability.findObstacle(file);
      if (reason !== undefined) refused.push({ fileId, reason });
      else if (file !== undefined) files.push(file);
    }
    assertNone(refused);
    const examined = await this.availability.examine(files);
    assertNone(examined.refused);
    return this.issue(files, { ...order, readableUntil: examined.until });
  }

  /** `readableUntil`: a thawed file is archived again one day, and its links end before. */
  private async issue(
    files: readonly StoredFile[],
    { request, actor, idempotent, readableUntil }: LinkOrder & { readonly readableUntil: Date | undefined },
  ): Promise<readonly FileLink[]> {
    const asked = linkSeconds(request.expiresInSeconds, this.config.linkMaxSeconds);
    const signedAt = this.clock.now();
    const seconds = Math.min(asked, readableUntil === undefined ? asked : secondsUntil(readableUntil, signedAt));
    const links = await this.sign(files, { ...request, signedAt, expiresInSeconds: seconds });
    const outcome = await this.ledger.enter({
      expiresAt: new Date(Math.min(...links.map((link) => link.expiresAt.getTime()))),
      idempotent,
      entries: links.map((link) => ({
        action: 'link.created',
        actor,
        subjectType: 'file',
        subjectId: link.file.id,
        details: ledgerDetails(link, request),
      })),
    });
    // A repetition gets links that end when the first ones do: there is nothing new to enter.
    if (!outcome.entered) {
      const now = this.clock.now();
      assertNotEnded(outcome.expiresAt, now);
      const left = secondsUntil(outcome.expiresAt, now);
      return this.sign(files, { ...request, signedAt: now, expiresInSeconds: left });
    }
    for (const { file, expiresAt, servedBy } of links) {
      this.logger.log({
        event: 'TEMP_URL_GENERATED',
        fileId: file.id,
        key: file.key,
        expiresAt,
        servedBy,
        principalId: actor.principal.id,
      });
    }
    return links;
  }

  private sign(files: readonly StoredFile[], terms: LinkTerms): Promise<readonly FileLink[]> {
    return Promise.all(files.map((file) => this.signer.sign(file, terms)));
  }
}

function assertNone([first, ...others]: readonly RefusedFile[]): void {
  if (first !== undefined) throw new LinksRefusedError([first, ...others]);
}

/** What the ledger keeps of a link: never the URL. */
function ledgerDetails({ expiresAt, servedBy }: FileLink, { purpose, ip, startsAt }: LinkRequest) {
  return {
    expiresAt: expiresAt.toISOString(),
    servedBy,
    ...(purpose !== undefined && { purpose }),
    ...(ip !== undefined && { ip }),
    ...(startsAt !== undefined && { startsAt: startsAt.toISOString() }),
  };
}
