import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Server } from '@tus/server';
import type { Actor } from '../auth/index.js';
import { appConfig, type AppConfig } from '../config/index.js';
import { directUploadsConfig, MAX_RELAY_BYTES, type DirectUploadsConfig } from '../direct-uploads/index.js';
import { FileKinds } from '../storage/index.js';
import { RelayReceiver } from './relay-receiver.js';
import { bodyOf } from './request-body.js';
import { TusExchange } from './tus-exchange.js';
import type { TusMetadata } from './tus-metadata.js';
import { TusUploads } from './tus-uploads.js';
import {
  ConcatenationUnsupportedError,
  meaningOf,
  TusContentTypeError,
  TusRequestError,
  TusVersionError,
  type TusAnswer,
} from './tus.errors.js';
import { UploadLeases } from './upload-leases.js';

const PATH = '/v1/tus';
/** What a holder that was asked to let go may still take. */
const DRAIN_MS = 100;
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PATCH']);
const OVERRIDES: ReadonlySet<string> = new Set(['PATCH', 'HEAD', 'DELETE']);
const OFFSET_STREAM = 'application/offset+octet-stream';

/** A request of tus, let in. */
export interface TusCall {
  readonly request: IncomingMessage;
  /** The upload that it is about; a new one where absent. */
  readonly id?: string;
  /** Nobody asks for the options. */
  readonly actor?: Actor;
}

export interface TusReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** tus 1.0, as @tus/server speaks it, on uploads of ours. */
@Injectable()
export class TusProtocol {
  constructor(
    private readonly uploads: TusUploads,
    private readonly receiver: RelayReceiver,
    private readonly leases: UploadLeases,
    private readonly kinds: FileKinds,
    @Inject(directUploadsConfig.KEY) private readonly config: DirectUploadsConfig,
    @Inject(appConfig.KEY) private readonly app: AppConfig,
  ) {}

  /** Answers, or throws what is wrong. */
  async handle(call: TusCall): Promise<TusReply> {
    const { id, actor } = call;
    const upload = id === undefined || actor === undefined ? undefined : await this.uploads.get(id, actor);
    const request = this.toWebRequest(call, upload?.declaredSizeBytes ?? undefined);
    const exchange = new TusExchange(
      {
        uploads: this.uploads,
        receiver: this.receiver,
        leases: this.leases,
        expirySeconds: this.config.expirySeconds,
      },
      actor,
    );
    const response = await this.server(exchange, call).handleWeb(request);
    if (response.status >= 400) {
      const { failure } = exchange;
      if (failure instanceof Error && !('status_code' in failure)) throw failure;
      throw meaningOf(
        (failure as TusAnswer | undefined) ?? { status_code: response.status, body: await response.text() },
      );
    }
    return { status: response.status, headers: headersOf(response, exchange.fileId) };
  }

  private server(exchange: TusExchange, { actor }: TusCall): Server {
    return new Server({
      path: PATH,
      datastore: exchange,
      locker: exchange,
      lockDrainTimeout: DRAIN_MS,
      // A kind's own limit is told when the upload is opened.
      maxSize: (_, id) => (id === null ? this.largest() : 0),
      namingFunction: (request, metadata) => this.open(request.headers, metadata, actor),
      generateUrl: (_, { id }) => `${this.app.publicUrl}${PATH}/${id}`,
      onResponseError: (_, error) => {
        exchange.failure = error;
        return undefined;
      },
    });
  }

  private open(headers: Headers, metadata: TusMetadata | undefined, actor: Actor | undefined): Promise<string> {
    if (actor === undefined) throw new Error('Uploads are opened by somebody');
    const length = headers.get('upload-length');
    return this.uploads.open({
      metadata,
      metadataText: headers.get('upload-metadata'),
      sizeBytes: length === null ? null : Number(length),
      actor,
    });
  }

  private largest(): number {
    return Math.max(
      ...this.kinds.all.map((kind) => Math.min(this.kinds.acceptance({ kind }).maxSizeBytes, MAX_RELAY_BYTES)),
    );
  }

  private toWebRequest({ request, id }: TusCall, knownBytes: number | undefined): Request {
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) {
      if (typeof value === 'string' && !name.startsWith(':')) headers.set(name, value);
    }
    if (headers.has('upload-concat')) throw new ConcatenationUnsupportedError();
    // Said again with a request that is sent again.
    if (knownBytes !== undefined && headers.get('upload-length') === String(knownBytes))
      headers.delete('upload-length');
    const method = methodOf(request, id);
    assertSpoken(request, method);
    const path = id === undefined ? PATH : `${PATH}/${id}`;
    return new Request(new URL(path, this.app.publicUrl), {
      method,
      headers,
      ...(WITH_BODY.has(method) && { body: bodyOf(request), duplex: 'half' }),
    });
  }
}

/** Clients behind what does not know a method name it in a header, which counts before the request's own. */
function methodOf({ method = 'GET', headers }: IncomingMessage, id: string | undefined): string {
  const meant = headers['x-http-method-override'];
  if (id === undefined || (meant === undefined && method !== 'POST')) return method;
  if (typeof meant === 'string' && OVERRIDES.has(meant)) return meant;
  throw new TusRequestError('X-HTTP-Method-Override of a request to an upload is PATCH, HEAD or DELETE.');
}

/** What @tus/server takes for a request that misses something, and the protocol for one of its own kind of wrong. */
function assertSpoken({ headers }: IncomingMessage, method: string): void {
  if (method !== 'OPTIONS' && headers['tus-resumable'] !== '1.0.0') throw new TusVersionError();
  if (method === 'PATCH' && headers['content-type'] !== OFFSET_STREAM) throw new TusContentTypeError(OFFSET_STREAM);
}

/** CORS is the application's. */
function headersOf(response: Response, fileId: string | undefined): Readonly<Record<string, string>> {
  const kept = [...response.headers].filter(([name]) => !/^(?:access-control-|content-)/.test(name));
  return { ...Object.fromEntries(kept), ...(fileId !== undefined && { 'x-file-id': fileId }) };
}
