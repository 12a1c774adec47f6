import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InvalidEnvironmentError } from '../config/index.js';
import { errorCode } from '../errors/index.js';

const VARIABLE = 'CLOUDFRONT_PRIVATE_KEY_PATH';
/** The only ones that CloudFront takes ("Create key pairs for your signers"). */
const RSA_BITS = 2048;
const CURVE = 'prime256v1';

/** The private key in a PEM file, checked to be one that CloudFront takes; throws `InvalidEnvironmentError`. */
export function readSigningKey(path: string): KeyObject {
  const key = parse(path, readPem(path));
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa' && details?.modulusLength === RSA_BITS) return key;
  if (type === 'ec' && details?.namedCurve === CURVE) return key;
  const found = [type, details?.modulusLength ?? details?.namedCurve].filter((word) => word !== undefined).join(' ');
  throw unusable(
    path,
    `holds a key that CloudFront does not take (${found}): it must be RSA of 2048 bits, or ECDSA P-256`,
  );
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unusable(path, `cannot be read (${errorCode(error) ?? 'unknown error'})`);
  }
}

function parse(path: string, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    if (errorCode(error) === 'ERR_MISSING_PASSPHRASE')
      throw unusable(path, 'holds a key that is encrypted: decrypt it');
    if (isPublicKey(pem)) throw unusable(path, 'holds a public key: CloudFront has that one, the private one signs');
    throw unusable(path, 'holds no private key in PEM');
  }
}

function isPublicKey(pem: Buffer): boolean {
  try {
    return createPublicKey(pem).type === 'public';
  } catch {
    return false;
  }
}

function unusable(path: string, reason: string): InvalidEnvironmentError {
  return new InvalidEnvironmentError([`${VARIABLE}: ${path} ${reason}`]);
}
