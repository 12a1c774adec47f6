import { parseS3Url } from './parse-s3-url.js';

describe('parseS3Url', () => {
  it.each([
    ['virtual host', 'https://bucket.s3.amazonaws.com/a/b.txt', { bucket: 'bucket', key: 'a/b.txt' }],
    [
      'virtual host with a region',
      'https://bucket.s3.eu-west-1.amazonaws.com/a/b.txt',
      { bucket: 'bucket', key: 'a/b.txt', region: 'eu-west-1' },
    ],
    [
      'legacy dash before the region',
      'https://bucket.s3-eu-west-1.amazonaws.com/k',
      { bucket: 'bucket', key: 'k', region: 'eu-west-1' },
    ],
    [
      'dotted bucket name',
      'https://my.dotted.bucket.s3.us-east-2.amazonaws.com/k',
      { bucket: 'my.dotted.bucket', key: 'k', region: 'us-east-2' },
    ],
    ['bucket name of two letters', 'https://s3.s3.amazonaws.com/k', undefined],
    [
      'bucket that holds the word s3',
      'https://logs.s3.backup.s3.us-west-2.amazonaws.com/k',
      { bucket: 'logs.s3.backup', key: 'k', region: 'us-west-2' },
    ],
    ['path style', 'https://s3.amazonaws.com/bucket/a/b', { bucket: 'bucket', key: 'a/b' }],
    [
      'path style with a region',
      'https://s3.eu-central-1.amazonaws.com/bucket/a/b',
      { bucket: 'bucket', key: 'a/b', region: 'eu-central-1' },
    ],
    [
      'legacy path style',
      'https://s3-us-west-2.amazonaws.com/my.bucket/a',
      { bucket: 'my.bucket', key: 'a', region: 'us-west-2' },
    ],
    [
      'dual stack',
      'https://bucket.s3.dualstack.ap-south-1.amazonaws.com/k',
      { bucket: 'bucket', key: 'k', region: 'ap-south-1' },
    ],
    [
      'dual stack, path style',
      'https://s3.dualstack.ap-south-1.amazonaws.com/bucket/k',
      { bucket: 'bucket', key: 'k', region: 'ap-south-1' },
    ],
    [
      'FIPS',
      'https://bucket.s3-fips.us-gov-west-1.amazonaws.com/k',
      { bucket: 'bucket', key: 'k', region: 'us-gov-west-1' },
    ],
    [
      'FIPS and dual stack',
      'https://bucket.s3-fips.dualstack.us-east-1.amazonaws.com/k',
      { bucket: 'bucket', key: 'k', region: 'us-east-1' },
    ],
    ['acceleration', 'https://bucket.s3-accelerate.amazonaws.com/k', { bucket: 'bucket', key: 'k' }],
    [
      'dual-stack acceleration',
      'https://bucket.s3-accelerate.dualstack.amazonaws.com/k',
      { bucket: 'bucket', key: 'k' },
    ],
    [
      'the old name of us-east-1',
      'https://s3-external-1.amazonaws.com/bucket/k',
      { bucket: 'bucket', key: 'k', region: 'us-east-1' },
    ],
    ['China', 'https://bucket.s3.cn-north-1.amazonaws.com.cn/k', { bucket: 'bucket', key: 'k', region: 'cn-north-1' }],
    ['another server', 'http://127.0.0.1:9000/bucket/a/b', { bucket: 'bucket', key: 'a/b' }],
    ['the command line form', 's3://bucket/a/b c+d%20e', { bucket: 'bucket', key: 'a/b c+d%20e' }],
    [
      'the command line form with a version',
      's3://bucket/a?versionId=v1',
      { bucket: 'bucket', key: 'a', versionId: 'v1' },
    ],
    [
      'a version',
      'https://bucket.s3.amazonaws.com/k?versionId=3%2FL4',
      { bucket: 'bucket', key: 'k', versionId: '3/L4' },
    ],
    [
      'a presigned link',
      'https://bucket.s3.eu-west-1.amazonaws.com/k.wav?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00&x-id=GetObject',
      { bucket: 'bucket', key: 'k.wav', region: 'eu-west-1' },
    ],
    [
      'percent-encoded characters, and a plus that stays one',
      'https://bucket.s3.amazonaws.com/%C3%A9t%C3%A9/a%20b+c%2Bd%3F',
      { bucket: 'bucket', key: 'été/a b+c+d?' },
    ],
    [
      'dots, which are characters of a key',
      'https://bucket.s3.amazonaws.com/a/../b',
      { bucket: 'bucket', key: 'a/../b' },
    ],
    ['doubled slashes', 'https://s3.amazonaws.com/bucket//a//b', { bucket: 'bucket', key: '/a//b' }],
    ['capitals in the host', 'https://Bucket.S3.Amazonaws.com/Key', { bucket: 'bucket', key: 'Key' }],
  ])('reads %s', (_, url, expected) => {
    expect(parseS3Url(url)).toEqual(expected);
  });

  it.each([
    ['no URL', 'bucket/key'],
    ['an empty text', ''],
    ['another protocol', 'ftp://bucket.s3.amazonaws.com/k'],
    ['a website, which serves pages', 'http://bucket.s3-website-us-east-1.amazonaws.com/k'],
    ['a website with a dot', 'http://bucket.s3-website.eu-central-1.amazonaws.com/k'],
    ['another service of AWS', 'https://sqs.us-east-1.amazonaws.com/1/queue'],
    ['a bucket without a key', 'https://bucket.s3.amazonaws.com/'],
    ['a bucket without a key, path style', 'https://s3.amazonaws.com/bucket'],
    ['a bucket without a key in the command line form', 's3://bucket/'],
    ['bytes that are not UTF-8', 'https://bucket.s3.amazonaws.com/%FF'],
    ['a bucket that cannot be one', 'http://127.0.0.1:9000/a/b'],
  ])('finds nothing in %s', (_, url) => {
    expect(parseS3Url(url)).toBeUndefined();
  });
});
