import { GetObjectCommand, PutObjectCommand, UploadPartCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type {
  MultipartRef,
  PresignGetOptions,
  PresignPartOptions,
  PresignPutOptions,
  SignedRequest,
} from '../object-storage/index.js';
import { translateS3Error } from './s3-errors.js';

type SigningOptions = NonNullable<Parameters<typeof getSignedUrl>[2]>;

interface Signing {
  readonly method: SignedRequest['method'];
  readonly expiresInSeconds: number;
  readonly signedAt?: Date | undefined;
  /** Headers the sender has to send, in lower case. Signed as headers, never moved into the query. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Signs requests for others to send. Nothing is asked of the store, so a link says nothing of whether the object is there. */
export class S3Presigner {
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
  ) {}

  get(key: string, options: PresignGetOptions): Promise<SignedRequest> {
    const command = new GetObjectCommand({
      Bucket: this.bucket,
      Key: key,
      ...(options.contentType !== undefined && { ResponseContentType: options.contentType }),
      ...(options.contentDisposition !== undefined && { ResponseContentDisposition: options.contentDisposition }),
    });
    const { expiresInSeconds, signedAt } = options;
    return this.sign({ method: 'GET', expiresInSeconds, signedAt }, (signing) =>
      getSignedUrl(this.client, command, signing),
    );
  }

  put(key: string, options: PresignPutOptions): Promise<SignedRequest> {
    const { contentType, sizeBytes, ifAbsent, sha256, expiresInSeconds } = options;
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      ContentType: contentType,
      // Signed, and not among the headers to send: browsers write it themselves and let nobody else.
      ContentLength: sizeBytes,
      ...(ifAbsent === true && { IfNoneMatch: '*' }),
      ...(sha256 !== undefined && { ChecksumSHA256: sha256, ChecksumAlgorithm: 'SHA256' }),
    });
    const headers = {
      'content-type': contentType,
      ...(ifAbsent === true && { 'if-none-match': '*' }),
      // Some stores verify the checksum only where its algorithm is named too.
      ...(sha256 !== undefined && { 'x-amz-checksum-sha256': sha256, 'x-amz-sdk-checksum-algorithm': 'SHA256' }),
    };
    return this.sign({ method: 'PUT', expiresInSeconds, headers }, (signing) =>
      getSignedUrl(this.client, command, signing),
    );
  }

  part(ref: MultipartRef, options: PresignPartOptions): Promise<SignedRequest> {
    const command = new UploadPartCommand({
      Bucket: this.bucket,
      Key: ref.key,
      UploadId: ref.uploadId,
      PartNumber: options.partNumber,
    });
    return this.sign({ method: 'PUT', expiresInSeconds: options.expiresInSeconds }, (signing) =>
      getSignedUrl(this.client, command, signing),
    );
  }

  private async sign(
    { method, expiresInSeconds, signedAt: asked, headers = {} }: Signing,
    signWith: (options: SigningOptions) => Promise<string>,
  ): Promise<SignedRequest> {
    const names = Object.keys(headers);
    // The signature carries whole seconds.
    const signedAt = new Date(Math.floor((asked?.getTime() ?? Date.now()) / 1000) * 1000);
    try {
      // Asked for before signing: should they be renewed in between, the link lives longer than said, never shorter.
      const expiresAt = await this.expiry(signedAt, expiresInSeconds);
      const url = await signWith({
        expiresIn: expiresInSeconds,
        signingDate: signedAt,
        signableHeaders: new Set(['host', 'content-length', ...names]),
        unhoistableHeaders: new Set(names),
      });
      return { method, url, headers, expiresAt };
    } catch (error) {
      throw translateS3Error(error, { operation: 'presign', bucket: this.bucket, key: '' });
    }
  }

  /** A link dies with the credentials that signed it, those of an instance's role after some hours. */
  private async expiry(signedAt: Date, expiresInSeconds: number): Promise<Date> {
    const expiresAt = signedAt.getTime() + expiresInSeconds * 1000;
    const { expiration } = await this.client.config.credentials();
    return new Date(Math.min(expiresAt, expiration?.getTime() ?? expiresAt));
  }
}
