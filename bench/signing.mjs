/**
 * What signing a link for CloudFront costs: our signer beside @aws-sdk/cloudfront-signer, in turns, a batch of a hundred links at a
 * time as POST /v1/links asks for them. Only the ratio means anything.
 */
import { generateKeyPairSync } from 'node:crypto';
import { getSignedUrl } from '@aws-sdk/cloudfront-signer';
import { CloudFront } from '../dist/cloudfront/index.js';

const BATCH = 100;
const BATCHES = 10;
const KEYS = {
  RSA: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ECDSA: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
const TERMS = { contentType: 'audio/wav', contentDisposition: 'attachment; filename="interview.wav"' };

/** @param {number} rounds */
export async function compareSigning(rounds) {
  for (const [name, generate] of Object.entries(KEYS)) {
    const { privateKey } = generate();
    const signers = { ours: ourSigner(privateKey), 'cloudfront-signer': theirSigner(privateKey) };
    /** @type {Record<string, number[]>} */
    const taken = { ours: [], 'cloudfront-signer': [] };
    for (let round = 0; round <= rounds; round += 1) {
      for (const [who, sign] of Object.entries(signers)) {
        const startedAt = performance.now();
        for (let batch = 0; batch < BATCHES; batch += 1) await sign();
        // The first round warms both up.
        if (round > 0) taken[who]?.push((performance.now() - startedAt) / 1000);
      }
    }
    const [ours = 0, theirs = 0] = Object.values(taken).map((seconds) => median(seconds));
    const perSecond = (/** @type {number} */ seconds) => ((BATCH * BATCHES) / seconds).toFixed(0);
    process.stdout.write(
      `CloudFront, ${name}: ours ${perSecond(ours)} links/s, cloudfront-signer ${perSecond(theirs)} links/s; ours / cloudfront-signer: time ${(ours / theirs).toFixed(2)}\n`,
    );
  }
}

/** @param {import('node:crypto').KeyObject} privateKey */
function ourSigner(privateKey) {
  const cloudfront = new CloudFront({
    distribution: {
      domain: 'media.example.org',
      keyPairId: 'K1',
      privateKey,
      hashAlgorithm: 'SHA1',
      cookieDomain: undefined,
    },
  });
  return () =>
    Promise.all(
      keys().map((key) => cloudfront.signGet(key, { ...TERMS, expiresAt: new Date(Date.now() + 3_600_000) })),
    );
}

/** @param {import('node:crypto').KeyObject} key */
function theirSigner(key) {
  const privateKey = key.export({ format: 'pem', type: 'pkcs8' }).toString();
  const query = `response-content-type=${encodeURIComponent(TERMS.contentType)}&response-content-disposition=${encodeURIComponent(TERMS.contentDisposition)}`;
  return async () =>
    keys().map((path) =>
      getSignedUrl({
        url: `https://media.example.org/${path}?${query}`,
        keyPairId: 'K1',
        privateKey,
        dateLessThan: new Date(Date.now() + 3_600_000),
      }),
    );
}

function keys() {
  return Array.from(
    { length: BATCH },
    (_, at) => `audio-files/sessions/session-${at}/original/20270101_000000_interview.wav`,
  );
}

/** @param {number[]} figures */
function median(figures) {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? 0;
}
