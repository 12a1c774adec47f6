import { createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Scope, type Principal } from '../auth/index.js';
import { appConfig, Clock, type AppConfig } from '../config/index.js';
import { InvalidSignatureError, SigningSecret } from '../storage/index.js';

const PURPOSE = 'catalyst-storage control request';

/** What the sender of an upload asks of the service in place of the store. */
export const ControlOperation = { Create: 'create', Parts: 'parts', Complete: 'complete', Abort: 'abort' } as const;
export type ControlOperation = (typeof ControlOperation)[keyof typeof ControlOperation];

/** One request that its holder may send until it expires. */
export interface ControlPermission {
  readonly operation: ControlOperation;
  /** The id of our upload. */
  readonly id: string;
  readonly principal: Pick<Principal, 'id' | 'kind'>;
}

/** The query of a control request, as it came. */
export interface ControlQuery {
  readonly principal: string;
  readonly kind: string;
  /** Seconds since 1970. */
  readonly expires: string;
  readonly signature: string;
}

const PATHS: Readonly<Record<ControlOperation, string>> = {
  create: '/create',
  parts: '/parts',
  complete: '/complete',
  abort: '',
};

/** Signs URLs of our own that are good for one operation on one upload, as presigned URLs are at the store. */
@Injectable()
export class ControlPermissions {
  constructor(
    private readonly secret: SigningSecret,
    private readonly clock: Clock,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  /** The URL; it is a secret. */
  async sign({ operation, id, principal }: ControlPermission, expiresInSeconds: number): Promise<string> {
    const expires = String(Math.floor(this.clock.now().getTime() / 1000) + expiresInSeconds);
    const said = { principal: principal.id, kind: principal.kind, expires };
    const query = new URLSearchParams({ ...said, signature: await this.signature(operation, id, said) });
    return `${this.app.publicUrl}/v1/s3/control/${id}${PATHS[operation]}?${query.toString()}`;
  }

  /** Who was given the permission. Throws `InvalidSignatureError`. */
  async verify(operation: ControlOperation, id: string, query: ControlQuery): Promise<Principal> {
    const expected = Buffer.from(await this.signature(operation, id, query));
    const given = Buffer.from(query.signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new InvalidSignatureError('LINK_INVALID');
    if (this.clock.now().getTime() >= Number(query.expires) * 1000) throw new InvalidSignatureError('LINK_EXPIRED');
    // From here on it is as `sign` wrote it.
    return { id: query.principal, kind: query.kind as Principal['kind'], scopes: [Scope.FilesWrite] };
  }

  private async signature(
    operation: ControlOperation,
    id: string,
    { principal, kind, expires }: Omit<ControlQuery, 'signature'>,
  ): Promise<string> {
    const key = await this.secret.keyFor(PURPOSE);
    return createHmac('sha256', key)
      .update(JSON.stringify([operation, id, principal, kind, expires]))
      .digest('hex');
  }
}
