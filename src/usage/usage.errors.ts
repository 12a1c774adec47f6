import { DomainError } from '../errors/index.js';

export class UsageSubjectError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'USAGE_NEEDS_SUBJECT';
  constructor() {
    super(
      'Ask for the usage of one ownerId or of one sessionId. GET /v1/usage/owners and /v1/usage/sessions list them all.',
    );
  }
}

/** Whose files a quota bounds. */
export const QuotaScope = { Owner: 'owner', Total: 'total' } as const;
export type QuotaScope = (typeof QuotaScope)[keyof typeof QuotaScope];

/** What a quota allows, and what it is taken by. */
export interface QuotaReading {
  readonly scope: QuotaScope;
  readonly quotaBytes: number;
  /** Of stored and trashed files. */
  readonly usedBytes: number;
  /** Set aside for files on their way. */
  readonly reservedBytes: number;
}

const WHOSE: Readonly<Record<QuotaScope, { readonly files: string; readonly variable: string }>> = {
  [QuotaScope.Owner]: { files: "this owner's files", variable: 'OWNER_QUOTA_MB' },
  [QuotaScope.Total]: { files: 'all files together', variable: 'TOTAL_QUOTA_MB' },
};

export class QuotaExceededError extends DomainError {
  readonly kind = 'out-of-space';
  readonly code = 'QUOTA_EXCEEDED';
  constructor(reading: QuotaReading) {
    const { files, variable } = WHOSE[reading.scope];
    const taken = `${reading.usedBytes} are used, the trash included, and ${reading.reservedBytes} are set aside for uploads`;
    super(
      `There is no room for this file: ${files} may have ${reading.quotaBytes} bytes, of which ${taken}. Delete files and purge them from the trash, or have the operator raise ${variable}.`,
      { details: { ...reading } },
    );
  }
}
