import type { Readable } from 'node:stream';
import { DataStore, Metadata, Upload as TusUpload, type Lock, type Locker } from '@tus/server';
import type { Actor } from '../auth/index.js';
import type { RelayReceiver } from './relay-receiver.js';
import type { TusState, TusUploads } from './tus-uploads.js';
import { UploadLockedError } from './tus.errors.js';
import type { UploadLease } from './upload-lease.js';
import type { UploadLeases } from './upload-leases.js';

/** What exchanges work with. */
export interface TusServices {
  readonly uploads: TusUploads;
  readonly receiver: RelayReceiver;
  readonly leases: UploadLeases;
  readonly expirySeconds: number;
}

/** One request, as @tus/server's data store and locker: it has one actor, and holds one upload at the most. */
export class TusExchange extends DataStore implements Locker {
  /** What went wrong, before @tus/server made an answer of it. */
  failure: unknown;
  /** The file that came of the upload. */
  fileId: string | undefined;
  private lease: UploadLease | undefined;

  constructor(
    private readonly services: TusServices,
    private readonly actor: Actor | undefined,
  ) {
    super();
    this.extensions = ['creation', 'creation-with-upload', 'creation-defer-length', 'termination', 'expiration'];
  }

  newLock(id: string): Lock {
    const { leases } = this.services;
    return {
      lock: async (signal, cancelRequest) => {
        const onRequested = (): void => void cancelRequest();
        this.lease = await leases.acquire(id, { signal, onRequested });
      },
      unlock: async () => {
        const lease = this.held();
        this.lease = undefined;
        await leases.release(lease);
      },
    };
  }

  /** The rows were written with the naming of the upload. */
  override async create(file: TusUpload): Promise<TusUpload> {
    const created = toTusUpload(await this.services.uploads.state(file.id), this.services);
    if (created.creation_date !== undefined) file.creation_date = created.creation_date;
    return file;
  }

  override async getUpload(id: string): Promise<TusUpload> {
    const state = this.lease === undefined ? await this.services.uploads.state(id) : await this.heard(this.lease);
    this.note(state);
    return toTusUpload(state, this.services);
  }

  override async declareUploadLength(_: string, sizeBytes: number): Promise<void> {
    await this.services.uploads.declareLength(this.held(), { sizeBytes, actor: this.sender() });
  }

  override async write(source: Readable, id: string): Promise<number> {
    const { uploads, receiver } = this.services;
    const { upload, offset } = await uploads.state(id);
    // An empty request behind the last byte.
    if (!upload.isOpen()) return offset;
    const reached = await receiver.receive({ upload, lease: this.held() }, source, this.sender());
    this.note(await uploads.state(id));
    return reached;
  }

  override async remove(id: string): Promise<void> {
    await this.services.uploads.terminate(id, this.sender());
  }

  override getExpiration(): number {
    return this.services.expirySeconds * 1000;
  }

  private async heard(lease: UploadLease): Promise<TusState> {
    const { uploads, receiver } = this.services;
    const { upload } = await uploads.state(lease.uploadId);
    if (upload.isOpen()) await receiver.catchUp({ upload, lease });
    return uploads.heard(lease, this.sender());
  }

  private note({ upload }: TusState): void {
    if (!upload.isOpen()) this.fileId = upload.fileId;
  }

  private held(): UploadLease {
    if (this.lease === undefined) throw new UploadLockedError();
    return this.lease;
  }

  private sender(): Actor {
    if (this.actor === undefined) throw new Error('Only OPTIONS is asked for by nobody');
    return this.actor;
  }
}

/** @tus/server counts the expiry from the creation; ours is put off. */
function toTusUpload({ upload, offset, sizeBytes, metadata }: TusState, { expirySeconds }: TusServices): TusUpload {
  return new TusUpload({
    id: upload.id,
    offset,
    ...(sizeBytes !== undefined && { size: sizeBytes }),
    ...(metadata !== null && { metadata: Metadata.parse(metadata) }),
    ...(upload.isOpen() && {
      creation_date: new Date(upload.expiresAt.getTime() - expirySeconds * 1000).toISOString(),
    }),
  });
}
