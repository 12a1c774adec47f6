/** What a store can be asked to do beyond keeping bytes. */
export const StoreAbility = {
  /** A key can be taken once: `If-None-Match: *`. */
  ConditionalCreate: 'conditional-create',
  /** A body that does not have the announced checksum is refused. */
  Checksums: 'checksums',
  Tags: 'tags',
  /** Form uploads whose policy bounds the size. */
  PostPolicy: 'post-policy',
  Lifecycle: 'lifecycle',
} as const;
export type StoreAbility = (typeof StoreAbility)[keyof typeof StoreAbility];

/** `unknown`: the store did not let us ask. */
export type AbilityState = 'yes' | 'no' | 'unknown';

export type VersioningState = 'enabled' | 'suspended' | 'off' | 'unsupported' | 'unknown';

/**
 * Whether browsers on the configured origins may use the bucket. `none-configured`: there are no origins, and the bucket's
 * own rules were left alone; `refused`: the credentials may not change them; `not-needed`: the service itself answers.
 */
export type CorsState = 'applied' | 'unchanged' | 'none-configured' | 'refused' | 'unsupported' | 'not-needed';

export interface CorsRule {
  readonly id?: string;
  /** The one that `allowOrigins` keeps. */
  readonly ours: boolean;
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
}

/** `refused`: the credentials may not read them; `not-needed`: the service itself answers. */
export interface CorsRules {
  readonly state: 'read' | 'refused' | 'unsupported' | 'not-needed';
  readonly rules: readonly CorsRule[];
}

export interface StoreReport {
  readonly driver: 's3' | 'local';
  readonly bucket: string;
  /** The endpoint or the folder; AWS is named by its region. */
  readonly location: string;
  /** The bucket was not there before. */
  readonly created: boolean;
  readonly versioning: VersioningState;
  readonly abilities: Readonly<Record<StoreAbility, AbilityState>>;
  readonly cors: CorsState;
}

/** Sees to it that the store can be used. Repeating it is fine. */
export abstract class StoreSetup {
  /**
   * Makes the bucket where it is missing, lets browsers on `corsOrigins` use it, and tries what it can do. Throws
   * `StoreUnavailableError`, or `StoreRefusedError` where the bucket can neither be used nor made.
   */
  abstract ensure(options: { readonly corsOrigins: readonly string[] }): Promise<StoreReport>;

  /**
   * Lets browsers on these origins use the bucket, and no others that it did before; rules of somebody else stay. Without an
   * origin nothing is changed. Throws `StoreUnavailableError` or `BucketMissingError`.
   */
  abstract allowOrigins(origins: readonly string[]): Promise<CorsState>;

  /** What the bucket tells browsers now. Throws `StoreUnavailableError` or `BucketMissingError`. */
  abstract corsRules(): Promise<CorsRules>;

  /** Tries what the store can do; changes nothing else. Throws `StoreUnavailableError` or `BucketMissingError`. */
  abstract abilities(): Promise<Readonly<Record<StoreAbility, AbilityState>>>;
}
