import { createHmac } from 'node:crypto';
import type { Clock } from '../config/index.js';
import {
  assertFormTerms,
  encodePostPolicy,
  InvalidSignatureError,
  type PostPolicy,
  type PresignPostOptions,
  readPostPolicy,
  type SignedForm,
} from '../object-storage/index.js';
import { PolicyViolatedError } from './local-form.errors.js';
import { ALGORITHM, assertSendable, compactDate, encodeKey, sameText } from './local-signature.js';

/** Where forms are sent, and what links to objects begin with. */
const PATH = '/objects/';
/** What this secret signs besides links must never be taken for one, nor the other way round. */
const CONTEXT = 'catalyst-storage post policy';
/** Fields that carry the policy, and so are not in it. */
const OUTSIDE_POLICY: ReadonlySet<string> = new Set(['policy', 'x-amz-signature']);

/** What a form's policy gives permission for. */
export interface PermittedForm {
  readonly key: string;
  readonly contentType: string;
  readonly minSizeBytes: number;
  readonly maxSizeBytes: number;
}

/** Forms for the local store: S3's names of the fields, and an HMAC-SHA-256 over the policy. */
export class LocalFormSigner {
  private readonly secret: Buffer;

  constructor(
    private readonly options: { readonly publicUrl: string; readonly bucket: string; readonly secret: string },
    private readonly clock: Clock,
  ) {
    this.secret = createHmac('sha256', options.secret).update(CONTEXT).digest();
  }

  sign(key: string, options: PresignPostOptions): SignedForm {
    const { contentType, expiresInSeconds, minSizeBytes, maxSizeBytes } = options;
    assertFormTerms(key, options);
    assertSendable([contentType]);
    const beginsAt = Math.floor(this.clock.now().getTime() / 1000) * 1000;
    const expiresAt = new Date(beginsAt + expiresInSeconds * 1000);
    const date = compactDate(new Date(beginsAt));
    const fields = {
      'Content-Type': contentType,
      success_action_status: '201',
      bucket: this.options.bucket,
      'X-Amz-Algorithm': ALGORITHM,
      'X-Amz-Credential': `${this.options.bucket}/${date.slice(0, 8)}/local/objects`,
      'X-Amz-Date': date,
      key,
    };
    const policy = encodePostPolicy({ expiresAt, fields, minSizeBytes, maxSizeBytes });
    return {
      method: 'POST',
      url: `${this.options.publicUrl}${PATH}`,
      fields: { ...fields, Policy: policy, 'X-Amz-Signature': this.signature(policy) },
      expiresAt,
    };
  }

  /**
   * What the fields in front of a form's file permit, their names in lower case. Throws `InvalidSignatureError` for a policy
   * that is expired, altered or not ours, `PolicyViolatedError` for a field that is not as it says.
   */
  verify(fields: ReadonlyMap<string, string>): PermittedForm {
    const policy = fields.get('policy') ?? '';
    if (!sameText(this.signature(policy), fields.get('x-amz-signature') ?? '')) {
      throw new InvalidSignatureError('LINK_INVALID');
    }
    const { expiresAt, fields: wanted, minSizeBytes, maxSizeBytes } = readPostPolicy(policy);
    if (this.clock.now() >= expiresAt) throw new InvalidSignatureError('LINK_EXPIRED');
    assertFields(fields, wanted);
    // Both are as `sign` wrote them.
    return { key: fields.get('key') ?? '', contentType: fields.get('content-type') ?? '', minSizeBytes, maxSizeBytes };
  }

  /** Where an object can be found, to whoever has a link to it. */
  locationOf(key: string): string {
    return `${this.options.publicUrl}${PATH}${encodeKey(key)}`;
  }

  private signature(policy: string): string {
    return createHmac('sha256', this.secret).update(policy).digest('hex');
  }
}

/** Every field of the policy, with its value, and no other. */
function assertFields(fields: ReadonlyMap<string, string>, wanted: PostPolicy['fields']): void {
  const conditions = new Map(Object.entries(wanted).map(([name, value]) => [name.toLowerCase(), value]));
  for (const [name, value] of conditions) if (fields.get(name) !== value) throw new PolicyViolatedError(name);
  for (const name of fields.keys()) {
    if (!conditions.has(name) && !OUTSIDE_POLICY.has(name)) throw new PolicyViolatedError(name);
  }
}
