import { isIPv4 } from 'node:net';
import { NotAnIpv4NetworkError } from './cloudfront.errors.js';

/** Who may have what, and when. */
export interface PolicyTerms {
  /** The URL, query included; in a custom policy `*` and `?` are wildcards. */
  readonly resource: string;
  readonly expiresAt: Date;
  readonly startsAt?: Date | undefined;
  /** An IPv4 address or network. */
  readonly ip?: string | undefined;
}

/**
 * The policy that is signed. Of a canned policy CloudFront gets the expiry alone and writes the same text again, so that each
 * byte of it counts ("Create a signature for a signed URL that uses a canned policy").
 */
export function policyText({ resource, expiresAt, startsAt, ip }: PolicyTerms): string {
  const condition = {
    DateLessThan: { 'AWS:EpochTime': epochSeconds(expiresAt) },
    ...(startsAt !== undefined && { DateGreaterThan: { 'AWS:EpochTime': epochSeconds(startsAt) } }),
    ...(ip !== undefined && { IpAddress: { 'AWS:SourceIp': ipv4Network(ip) } }),
  };
  return JSON.stringify({ Statement: [{ Resource: resource, Condition: condition }] });
}

/** Whole seconds since 1970, as policies and `Expires` have them. */
export function epochSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}

/** `203.0.113.7` gives `203.0.113.7/32`, `203.0.113.7/24` gives `203.0.113.0/24`; throws `NotAnIpv4NetworkError`. */
export function ipv4Network(text: string): string {
  const [, address = '', bits = '32'] = /^([\d.]+)(?:\/(\d{1,2}))?$/.exec(text) ?? [];
  const prefix = Number(bits);
  if (!isIPv4(address) || prefix > 32) throw new NotAnIpv4NetworkError();
  const size = 2 ** (32 - prefix);
  const value = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const first = Math.floor(value / size) * size;
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${octets.join('.')}/${prefix}`;
}
