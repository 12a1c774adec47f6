/** What an S3 URL names. */
export interface S3Location {
  readonly bucket: string;
  readonly key: string;
  readonly region?: string;
  readonly versionId?: string;
}

/** Bucket names, and the underscores and capitals that us-east-1 once allowed. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;

/**
 * AWS' own hosts: `[bucket.]s3[-fips][.dualstack][.-]region.amazonaws.com[.cn]`, with or without region. Websites
 * (`s3-website`) serve pages, not objects, and are not matched.
 */
const AWS_HOST =
  /^(?:(?<bucket>.+)\.)?s3(?:-fips)?(?:\.dualstack)?(?:[.-](?<region>(?!website|accelerate|fips|external)[a-z]{2,}(?:-[a-z]+)+-\d+))?\.amazonaws\.com(?:\.cn)?$/;
/** `s3-external-1` is the old name of us-east-1. */
const AWS_EXTERNAL_HOST = /^(?:(?<bucket>.+)\.)?s3-external-1\.amazonaws\.com$/;
const AWS_ACCELERATE_HOST = /^(?<bucket>[^.]+)\.s3-accelerate(?:\.dualstack)?\.amazonaws\.com$/;

/**
 * Reads the bucket and key out of a URL of an object: virtual-host, path style, `s3://`, presigned, AWS or another
 * server. On a host that is not AWS' the first path segment is the bucket.
 *
 * @returns undefined when the text is no URL of an object
 */
export function parseS3Url(text: string): S3Location | undefined {
  const url = URL.parse(text);
  if (url === null) return undefined;
  if (url.protocol === 's3:') return parseS3Scheme(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;

  const host = url.hostname.replace(/\.$/, '');
  const path = rawPath(text);
  const aws = AWS_HOST.exec(host) ?? AWS_EXTERNAL_HOST.exec(host) ?? AWS_ACCELERATE_HOST.exec(host);
  if (aws === null && /(^|\.)amazonaws\.com(\.cn)?$/.test(host)) return undefined;
  const named = aws?.groups;
  const region = AWS_EXTERNAL_HOST.test(host) ? 'us-east-1' : named?.['region'];
  const bucketInHost = named?.['bucket'];
  const [bucket, key] = bucketInHost === undefined ? splitPath(path) : [bucketInHost, path];
  return locate({ bucket, key, region, versionId: url.searchParams.get('versionId') });
}

/** The WHATWG parser lower-cases nothing here but drops `..` segments, which are ordinary characters of a key. */
function parseS3Scheme(text: string): S3Location | undefined {
  const match = /^s3:\/\/(?<bucket>[^/?#]+)\/(?<key>.+)$/i.exec(text.trim());
  if (match?.groups === undefined) return undefined;
  const { bucket = '', key = '' } = match.groups;
  const [, plain = key, versionId] = /^(.*?)\?versionId=([^&]+)$/.exec(key) ?? [];
  // The AWS command line writes keys in s3:// URLs as they are, without percent-encoding.
  return build({ bucket, key: plain, region: undefined, versionId: versionId ?? null });
}

/** The path as it was written, without its first slash: `URL.pathname` resolves `..`, which S3 does not. */
function rawPath(text: string): string {
  const match = /^[a-z]+:\/\/[^/?#]*(?:\/(?<path>[^?#]*))?/i.exec(text.trim());
  return match?.groups?.['path'] ?? '';
}

function splitPath(path: string): readonly [bucket: string, key: string] {
  const slash = path.indexOf('/');
  return slash === -1 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)];
}

interface Pieces {
  readonly bucket: string;
  readonly key: string;
  readonly region: string | undefined;
  readonly versionId: string | null;
}

function locate(pieces: Pieces): S3Location | undefined {
  const key = decode(pieces.key);
  return key === undefined ? undefined : build({ ...pieces, key });
}

function build({ bucket, key, region, versionId }: Pieces): S3Location | undefined {
  if (key === '' || !BUCKET.test(bucket)) return undefined;
  return {
    bucket,
    key,
    ...(region !== undefined && { region }),
    ...(versionId !== null && versionId !== '' && { versionId }),
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not UTF-8: no key of S3's.
    return undefined;
  }
}
