import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, Ids } from '../config/index.js';
import { SigningSecret } from '../storage/index.js';
import { ApiKeys } from './api-keys.js';
import { UploadTokenError } from './auth.errors.js';
import { Scope, type Actor, type Principal, type UploadPins } from './principal.js';

/** Begins as every key of ours does, so that what keeps keys out of logs keeps tokens out too. */
const PREFIX = 'cs_upload_';
const PURPOSE = 'catalyst-storage upload token';
/** Of an HMAC-SHA-256 in base64url. */
const SIGNATURE_CHARACTERS = 43;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a token is to allow. */
export interface UploadTokenTerms {
  readonly actor: Actor;
  readonly pins: UploadPins;
  readonly expiresInSeconds: number;
  /** Whom the issuer gives it to, in words of its own: tokens of one holder can go on with each other's uploads. */
  readonly holder?: string;
}

export interface IssuedUploadToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** What a token says, as JSON. */
interface Statement {
  /** What its holder's uploads belong to. */
  readonly sub: string;
  /** The id of the key that it was made with. */
  readonly iss: string;
  /** Seconds since 1970. */
  readonly exp: number;
  readonly kind?: string;
  readonly par: Readonly<Record<string, string>>;
}

/** Tokens for browsers: signed statements that let their holder upload and do nothing else. Nothing is kept of them. */
@Injectable()
export class UploadTokens {
  constructor(
    private readonly secret: SigningSecret,
    private readonly keys: ApiKeys,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  static isToken(credential: string): boolean {
    return credential.startsWith(PREFIX);
  }

  async issue({ actor, pins, expiresInSeconds, holder }: UploadTokenTerms): Promise<IssuedUploadToken> {
    const { id } = actor.principal;
    const exp = Math.floor(this.clock.now().getTime() / 1000) + expiresInSeconds;
    const statement: Statement = {
      sub: holder === undefined ? this.ids.next() : holderId(id, holder),
      iss: id,
      exp,
      ...(pins.kind !== undefined && { kind: pins.kind }),
      par: pins.parameters,
    };
    const payload = Buffer.from(JSON.stringify(statement)).toString('base64url');
    return { token: `${PREFIX}${payload}${await this.sign(payload)}`, expiresAt: new Date(exp * 1000) };
  }

  /** Who has this token. Throws `UploadTokenError`. */
  async get(token: string): Promise<Principal> {
    const signed = token.slice(PREFIX.length);
    const payload = signed.slice(0, -SIGNATURE_CHARACTERS);
    if (!sameText(signed.slice(-SIGNATURE_CHARACTERS), await this.sign(payload))) {
      throw new UploadTokenError('UPLOAD_TOKEN_INVALID');
    }
    // From here on it is as `issue` wrote it.
    const { sub, iss, exp, kind, par } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Statement;
    if (this.clock.now().getTime() >= exp * 1000) throw new UploadTokenError('UPLOAD_TOKEN_EXPIRED');
    const issuer = UUID.test(iss) ? await this.keys.findById(iss) : undefined;
    if (issuer === undefined) throw new UploadTokenError('UPLOAD_TOKEN_INVALID');
    return {
      id: `token:${sub}`,
      kind: 'upload-token',
      scopes: [Scope.FilesWrite],
      pins: { ...(kind !== undefined && { kind }), parameters: par },
      ...(issuer.ownerId !== undefined && { ownerId: issuer.ownerId }),
    };
  }

  private async sign(payload: string): Promise<string> {
    const key = await this.secret.keyFor(PURPOSE);
    return createHmac('sha256', key).update(payload).digest('base64url');
  }
}

/** The same for the same holder of the same issuer, and saying neither. */
function holderId(issuer: string, holder: string): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, holder]))
    .digest('hex')
    .slice(0, 40);
}

function sameText(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
