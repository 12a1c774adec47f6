import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidEnvironmentError } from '../config/index.js';
import { cloudfrontConfig } from './cloudfront.config.js';

const NAMES = [
  'CLOUDFRONT_DOMAIN',
  'CLOUDFRONT_KEY_PAIR_ID',
  'CLOUDFRONT_PRIVATE_KEY_PATH',
  'CLOUDFRONT_COOKIE_DOMAIN',
  'CLOUDFRONT_HASH_ALGORITHM',
] as const;
type Variables = Readonly<Partial<Record<(typeof NAMES)[number], string>>>;

describe('cloudfrontConfig', () => {
  const before = { ...process.env };
  const folder = mkdtempSync(join(tmpdir(), 'cloudfront-config-'));
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const write = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const pem = (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1' = 'pkcs8'): string =>
    key.export({ format: 'pem', type }).toString();
  const keyPath = write('rsa.pem', pem(rsa.privateKey));
  const whole: Variables = {
    CLOUDFRONT_DOMAIN: 'media.example.org',
    CLOUDFRONT_KEY_PAIR_ID: 'K2JCJMDEHXQW5F',
    CLOUDFRONT_PRIVATE_KEY_PATH: keyPath,
  };

  const read = (variables: Variables) => {
    for (const name of NAMES) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, variables);
    return cloudfrontConfig().distribution;
  };
  const problemsOf = (variables: Variables): readonly string[] => {
    try {
      read(variables);
    } catch (error) {
      if (error instanceof InvalidEnvironmentError) return error.problems;
      throw error;
    }
    return [];
  };

  afterAll(() => {
    for (const name of NAMES) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before);
    rmSync(folder, { recursive: true });
  });

  it('has no distribution where nothing is set, or only the hash algorithm', () => {
    expect(read({})).toBeUndefined();
    expect(read({ CLOUDFRONT_DOMAIN: ' ' })).toBeUndefined();
    expect(read({ CLOUDFRONT_HASH_ALGORITHM: 'SHA256' })).toBeUndefined();
  });

  it('reads a distribution, its key as an object that signs', () => {
    const read1 = read({ ...whole, CLOUDFRONT_DOMAIN: 'Media.Example.ORG', CLOUDFRONT_COOKIE_DOMAIN: '.Example.org' });
    expect(read1).toMatchObject({
      domain: 'media.example.org',
      keyPairId: 'K2JCJMDEHXQW5F',
      cookieDomain: 'example.org',
      hashAlgorithm: 'SHA1',
    });
    expect(read1?.privateKey.equals(rsa.privateKey)).toBe(true);
  });

  it.each([
    ['RSA in PKCS #1', pem(rsa.privateKey, 'pkcs1')],
    ['ECDSA P-256 in PKCS #8', pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)],
    ['ECDSA P-256 in SEC 1', pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'sec1')],
  ])('takes a key of %s', (name, text) => {
    const path = write(`${name.replaceAll(/\W/g, '')}.pem`, text);
    expect(read({ ...whole, CLOUDFRONT_PRIVATE_KEY_PATH: path })?.privateKey.type).toBe('private');
  });

  it.each(['CLOUDFRONT_DOMAIN', 'CLOUDFRONT_KEY_PAIR_ID', 'CLOUDFRONT_PRIVATE_KEY_PATH'] as const)(
    'refuses a configuration without %s, or with nothing else, by name',
    (name) => {
      expect(problemsOf({ ...whole, [name]: '' })).toEqual([expect.stringMatching(new RegExp(`^${name} must be set`))]);
      const others = Object.keys(whole).filter((other) => other !== name);
      expect(problemsOf({ [name]: whole[name] ?? '' })).toEqual(
        others.map((other) => expect.stringMatching(new RegExp(`^${other} must be set.*${name}`)) as unknown),
      );
    },
  );

  it('refuses a cookie domain alone', () => {
    expect(problemsOf({ CLOUDFRONT_COOKIE_DOMAIN: 'example.org' })).toHaveLength(3);
  });

  it.each([
    ['CLOUDFRONT_DOMAIN', 'https://media.example.org'],
    ['CLOUDFRONT_DOMAIN', 'media.example.org/files'],
    ['CLOUDFRONT_DOMAIN', 'media'],
    ['CLOUDFRONT_DOMAIN', 'media.example.org?'],
    ['CLOUDFRONT_DOMAIN', '*.example.org'],
    ['CLOUDFRONT_KEY_PAIR_ID', 'K2&Expires=1'],
    ['CLOUDFRONT_COOKIE_DOMAIN', 'example.org; Path=/'],
    ['CLOUDFRONT_COOKIE_DOMAIN', 'other.org'],
    ['CLOUDFRONT_COOKIE_DOMAIN', 'a.example.org'],
    ['CLOUDFRONT_COOKIE_DOMAIN', 'ample.org'],
    ['CLOUDFRONT_HASH_ALGORITHM', 'MD5'],
  ] as const)('refuses %s=%s by name', (name, value) => {
    expect(problemsOf({ ...whole, [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} must`))]);
  });

  it.each([
    ['is missing', join(folder, 'none.pem'), /none\.pem cannot be read \(ENOENT\)/],
    ['is a folder', folder, /cannot be read \(EISDIR\)/],
    ['is no PEM', write('words.pem', 'These are words.'), /no private key in PEM/],
    ['is empty', write('empty.pem', ''), /no private key in PEM/],
    [
      'is public',
      write('public.pem', rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString()),
      /a public key/,
    ],
    [
      'is encrypted',
      write(
        'encrypted.pem',
        rsa.privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
      ),
      /encrypted/,
    ],
    [
      'is too short',
      write('short.pem', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey)),
      /does not take \(rsa 1024\)/,
    ],
    [
      'is of another curve',
      write('p384.pem', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)),
      /does not take \(ec secp384r1\)/,
    ],
    ['is Ed25519', write('ed.pem', pem(generateKeyPairSync('ed25519').privateKey)), /does not take \(ed25519\)/],
    [
      'is for RSA-PSS',
      write('pss.pem', pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey)),
      /does not take \(rsa-pss 2048\)/,
    ],
  ])('refuses a key that %s, names the variable, and quotes nothing of it', (_, path, reason) => {
    const problems = problemsOf({ ...whole, CLOUDFRONT_PRIVATE_KEY_PATH: path });
    expect(problems).toEqual([expect.stringMatching(/^CLOUDFRONT_PRIVATE_KEY_PATH: /)]);
    expect(problems[0]).toMatch(reason);
    expect(problems[0]).not.toContain('BEGIN');
  });
});
