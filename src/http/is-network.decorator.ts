import { isIP, isIPv6 } from 'node:net';
import { ValidateBy } from 'class-validator';

/** An address of IPv4 or IPv6, or a network of addresses in CIDR notation. */
export function IsNetwork(): PropertyDecorator {
  return ValidateBy({
    name: 'isNetwork',
    validator: {
      validate: isNetwork,
      defaultMessage: (args) =>
        `${args?.property ?? 'value'} must be an IP address, or a network such as 203.0.113.0/24`,
    },
  });
}

/** Without a zone (`%eth0`), which means nothing on another machine. */
export function isNetwork(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [, address = '', bits] = /^([0-9a-fA-F:.]{2,45})(?:\/(0|[1-9]\d{0,2}))?$/.exec(value) ?? [];
  if (isIP(address) === 0) return false;
  return bits === undefined || Number(bits) <= (isIPv6(address) ? 128 : 32);
}
