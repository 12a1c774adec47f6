import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import type { Actor } from '../auth/index.js';
import { Clock, Ids } from '../config/index.js';
import {
  FileNotFoundError,
  FileStatus,
  NameTakenError,
  PlaceNames,
  SourceTrashedError,
  StoredFile,
  toFileResponse,
  type FileResponse,
} from '../files/index.js';
import { idempotentRequest } from '../idempotency/index.js';
import { FileIntake } from '../intake/index.js';
import { ResultNames } from '../processing/index.js';
import type { Receipt } from '../uploads/index.js';
import { keyTimestamp, splitExtension, type FileKind } from '../storage/index.js';
import { PostQueue } from './post-queue.js';
import { sessionOriginal } from './session-kinds.js';
import { ForeignSourceError, SessionFileNotFoundError } from './sessions.errors.js';

/** A result or transcript that comes as content, not as a step's. */
export interface PostedFile {
  /** Its names are places. */
  readonly kind: FileKind;
  readonly sessionId: string;
  /** Without extension; a string names it, a type has it named `{type}_{timestamp}`. */
  readonly name: string | { readonly type: string };
  /** With its dot. */
  readonly extension: string;
  readonly bytes: Buffer;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly sourceFileId: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly actor: Actor;
}

/** Which of a session's named files is wanted. */
export interface NamedFileQuery {
  readonly kind: FileKind;
  readonly sessionId: string;
  /** With its extension. */
  readonly name: string;
  readonly sourceFileId: string | undefined;
}

/** Of results and transcripts, which are held in memory: each has 10 MiB at the most. */
const POST_LIMITS = { atOnce: 8, waiting: 64, heldBytes: 256 * 1024 * 1024 };

interface Naming {
  readonly stem: string;
  readonly name: 'any' | 'unused';
}

/**
 * Files of a session that have fixed names, each unique for the recording it belongs to. Their content is held in memory until
 * the store has it: eight posts are stored at once, 64 more wait, and together they have 256 MiB; what is beyond that is refused.
 */
@Injectable()
export class NamedFiles {
  private readonly queue = new PostQueue(POST_LIMITS);

  constructor(
    private readonly em: EntityManager,
    private readonly intake: FileIntake,
    private readonly places: PlaceNames,
    private readonly names: ResultNames,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * Stores content under its name; a file of the same name and source is replaced. Throws `FileNotFoundError`,
   * `SourceTrashedError` or `ForeignSourceError` for a source that is none, `PostsBusyError` while too many are at it.
   */
  async store(posted: PostedFile): Promise<Receipt<FileResponse>> {
    return this.queue.run(posted.bytes.length, () => this.storeNow(posted));
  }

  private async storeNow(posted: PostedFile): Promise<Receipt<FileResponse>> {
    const { name } = posted;
    if (typeof name === 'string') return this.storeAs(posted, { stem: name, name: 'any' });
    const stem = `${name.type}_${keyTimestamp(this.clock.now())}`;
    try {
      return await this.storeAs(posted, { stem, name: 'unused' });
    } catch (error) {
      if (!(error instanceof NameTakenError)) throw error;
      // Two of a type within a second: neither shall replace the other.
      return this.storeAs(posted, { stem: `${stem}_${this.ids.next().slice(-12)}`, name: 'unused' });
    }
  }

  /** The current file of a name; throws `SessionFileNotFoundError`. */
  async get({ kind, sessionId, name, sourceFileId }: NamedFileQuery): Promise<StoredFile> {
    const { stem, extension } = splitExtension(name);
    const source = sourceFileId?.toLowerCase();
    const plain = source === undefined || stem.endsWith(`.${source}`);
    const placed = plain ? stem : await this.names.of(source, stem);
    const file = await this.em.fork().findOne(
      StoredFile,
      {
        placeKey: kind.template.build({ sessionId, name: placed, ext: extension.slice(1) }),
        status: FileStatus.Stored,
        // The plain names are the session's, and its first recording's with it: what is no single file's is found there too.
        ...(source !== undefined &&
          (placed === stem ? { $or: [{ sourceFileId: source }, { sourceFileId: null }] } : { sourceFileId: source })),
      },
      { orderBy: { id: 'desc' } },
    );
    if (file === null) throw new SessionFileNotFoundError(sessionId, name);
    return file;
  }

  private async storeAs(posted: PostedFile, naming: Naming): Promise<Receipt<FileResponse>> {
    const { kind, sessionId, extension, bytes, actor } = posted;
    const { stem } = naming;
    const source =
      posted.sourceFileId === undefined
        ? undefined
        : await getSource(this.em.fork(), { id: posted.sourceFileId, sessionId });
    const placed = source === undefined ? stem : await this.names.of(source.id, stem);
    const parameters = { sessionId, name: placed, ext: extension.slice(1) };
    const idempotent = idempotentRequest(actor.principal.id, posted.idempotencyKey, fingerprintOf(posted));
    const sent = await this.intake.send({
      kind,
      parameters,
      references: {
        sessionId,
        ...(source && { sourceFileId: source.id }),
        ...(source?.ownerId != null && { ownerId: source.ownerId }),
      },
      filename: stem + extension,
      body: Readable.from([bytes]),
      announcedBytes: bytes.length,
      actor,
      ...(posted.metadata && { metadata: posted.metadata }),
      ...(idempotent && { idempotent }),
    });
    if (sent.state === 'replayed') return { answer: sent.answer as FileResponse, replayed: true };
    const [file] = await this.intake.confirm([sent], {
      actor,
      guard: async (em) => {
        // The source's row is locked before the place: see ADR 0014.
        if (source !== undefined)
          await getSource(em, { id: source.id, sessionId, lockMode: LockMode.PESSIMISTIC_WRITE });
        await this.places.claim(em, {
          placeKey: kind.template.build(parameters),
          kind: kind.name,
          name: naming.name,
        });
      },
      answer: toFileResponse,
    });
    if (file === undefined) throw new Error('A file was sent, and none was confirmed');
    return { answer: toFileResponse(file), replayed: false };
  }
}

/** The original that a file is to be a result of. */
async function getSource(
  em: EntityManager,
  {
    id,
    sessionId,
    lockMode = LockMode.NONE,
  }: { readonly id: string; readonly sessionId: string; readonly lockMode?: LockMode },
): Promise<StoredFile> {
  const file = await em.findOne(StoredFile, { id }, { lockMode, refresh: true });
  if (file === null) throw new FileNotFoundError(id);
  if (file.kind !== sessionOriginal.name || file.sessionId !== sessionId) throw new ForeignSourceError(id, sessionId);
  if (!file.isStored()) throw new SourceTrashedError(id);
  return file;
}

/** Two posts are the same request when where they go and what they bring is the same. */
function fingerprintOf({ kind, sessionId, name, extension, sourceFileId, bytes }: PostedFile): readonly string[] {
  return [
    'POST',
    kind.name,
    sessionId,
    JSON.stringify(name),
    extension,
    sourceFileId ?? '',
    createHash('sha256').update(bytes).digest('hex'),
  ];
}
