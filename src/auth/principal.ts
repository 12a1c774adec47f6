import { ScopeMissingError } from './auth.errors.js';

/** What a principal may do. Every route asks for at least one. */
export const Scope = {
  FilesRead: 'files:read',
  FilesWrite: 'files:write',
  FilesDelete: 'files:delete',
  LinksCreate: 'links:create',
  ProcessingRead: 'processing:read',
  ProcessingWrite: 'processing:write',
  MetricsRead: 'metrics:read',
  /** All of the others. */
  Admin: 'admin',
} as const;
export type Scope = (typeof Scope)[keyof typeof Scope];

export const ALL_SCOPES: readonly Scope[] = Object.values(Scope);

/** What the uploads of a principal are bound to: the request may leave it out, and may name nothing else. */
export interface UploadPins {
  readonly kind?: string;
  /** Of the kind, such as `sessionId`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Who asks. */
export interface Principal {
  readonly id: string;
  /**
   * `api-key`: a client with a key of ours; `upload-token`: somebody whom such a client lets upload; `system`: the service itself
   * (sweeper, worker, CLI).
   */
  readonly kind: 'api-key' | 'upload-token' | 'system';
  /** Of an upload token. */
  readonly pins?: UploadPins;
  readonly scopes: readonly Scope[];
  /** The user or team that what this principal creates belongs to. */
  readonly ownerId?: string;
}

/** A principal and the request it speaks through: what audit rows name. */
export interface Actor {
  readonly principal: Principal;
  readonly requestId?: string;
  /** The client's address. */
  readonly address?: string;
}

/** Throws `ScopeMissingError` unless the actor may do all of this. */
export function assertScopes({ principal }: Actor, scopes: readonly Scope[]): void {
  if (principal.scopes.includes(Scope.Admin)) return;
  const missing = scopes.filter((scope) => !principal.scopes.includes(scope));
  if (missing.length > 0) throw new ScopeMissingError(missing);
}

/** The service acting for itself, as the part of it named `id`. */
export function systemActor(id: string): Actor {
  return { principal: { id, kind: 'system', scopes: ALL_SCOPES } };
}
