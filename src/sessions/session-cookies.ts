import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Actor } from '../auth/index.js';
import { CloudFront, type SignedCookies } from '../cloudfront/index.js';
import { Clock } from '../config/index.js';
import type { IdempotentRequest } from '../idempotency/index.js';
import { assertNotEnded, LinkLedger, linkSeconds } from '../links/index.js';
import { storageConfig, type FormatFamily, type StorageConfig } from '../storage/index.js';

/** Which part of a session is opened, to whom and for how long. */
export interface CookieRequest {
  /** Whose originals; with `audio` also results, clips and transcripts, which lie beside them. */
  readonly type: FormatFamily;
  /** An hour where absent, or LINK_MAX_SECONDS if that is less. */
  readonly expiresInSeconds?: number;
  /** The only IPv4 address, or network of addresses, that they work from. */
  readonly ip?: string;
  /** For the ledger. */
  readonly purpose?: string;
}

/** Who asks for cookies, and how. */
export interface CookieOrder {
  readonly sessionId: string;
  readonly request: CookieRequest;
  readonly actor: Actor;
  readonly idempotent: IdempotentRequest | undefined;
}

/** Opens a whole session to a browser, by CloudFront's signed cookies. */
@Injectable()
export class SessionCookies {
  private readonly logger = new Logger(SessionCookies.name);

  constructor(
    private readonly cloudfront: CloudFront,
    private readonly ledger: LinkLedger,
    private readonly clock: Clock,
    @Inject(storageConfig.KEY) private readonly config: StorageConfig,
  ) {}

  /** Cookies for everything that lies, or will lie, below the session's folder of this type. Their values are secrets. */
  async create(order: CookieOrder): Promise<SignedCookies> {
    const { sessionId, request, actor, idempotent } = order;
    const { ip, purpose } = request;
    const seconds = linkSeconds(request.expiresInSeconds, this.config.linkMaxSeconds);
    const signed = await this.sign(order, new Date(this.clock.now().getTime() + seconds * 1000));
    const { expiresAt, resource } = signed;
    const details = {
      resource,
      expiresAt: expiresAt.toISOString(),
      servedBy: 'cloudfront',
      ...(purpose !== undefined && { purpose }),
      ...(ip !== undefined && { ip }),
    };
    const outcome = await this.ledger.enter({
      expiresAt,
      idempotent,
      entries: [{ action: 'cookies.created', actor, subjectType: 'session', subjectId: sessionId, details }],
    });
    if (!outcome.entered) {
      assertNotEnded(outcome.expiresAt, this.clock.now());
      return this.sign(order, outcome.expiresAt);
    }
    this.logger.log({
      event: 'SESSION_COOKIES_GENERATED',
      sessionId,
      resource,
      expiresAt,
      principalId: actor.principal.id,
    });
    return signed;
  }

  private sign({ sessionId, request }: CookieOrder, expiresAt: Date): Promise<SignedCookies> {
    const { type, ip } = request;
    return this.cloudfront.signCookies(`${type}-files/sessions/session-${sessionId}/`, { expiresAt, ip });
  }
}
