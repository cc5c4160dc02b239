import type { Ip } from './ip.ts';

/** A block of addresses: all whose bits beyond the last `hostBits` equal those of `network`. */
interface Block<Value extends Ip> {
  readonly network: Value;
  readonly hostBits: number;
  /** With its article: `a link-local address`. */
  readonly what: string;
}

const linkLocal = 'a link-local address';
const multicast = 'a multicast address';
const unspecified = 'an unspecified address';

/** Of the IANA registry of special-purpose IPv4 addresses (RFC 6890) and RFC 5771; the first that fits is named. */
const forbiddenIpv4: readonly Block<number>[] = [
  { network: 0xa9fe_a9fe, hostBits: 0, what: "a link-local address, the cloud's metadata service" },
  { network: 0xa9fe_0000, hostBits: 16, what: linkLocal },
  { network: 0x0000_0000, hostBits: 24, what: unspecified },
  { network: 0xffff_ffff, hostBits: 0, what: 'the broadcast address' },
  { network: 0xe000_0000, hostBits: 28, what: multicast },
  { network: 0xf000_0000, hostBits: 28, what: 'a reserved address' },
];

/** RFC 4291; the last is where Amazon's metadata service answers by IPv6. */
const forbiddenIpv6: readonly Block<bigint>[] = [
  { network: 0n, hostBits: 0, what: unspecified },
  { network: 0xfe80n << 112n, hostBits: 118, what: linkLocal },
  { network: 0xffn << 120n, hostBits: 120, what: multicast },
  { network: (0xfd00_0ec2n << 96n) | 0x254n, hostBits: 0, what: "the cloud's metadata service" },
];

/** 64:ff9b::, upper 96 bits: what a NAT64 translator leads on to the IPv4 address in the lower 32 (RFC 6052). */
const nat64 = 0x0064_ff9bn << 64n;

/**
 * Why an address may never be a target, as in `that is a link-local address`: link-local, unspecified, multicast,
 * broadcast, reserved, or a metadata service; by way of NAT64, too. `undefined` where it may.
 */
export function forbiddenTarget(ip: Ip): string | undefined {
  const meant = beyondNat64(ip);
  if (typeof meant === 'number') {
    return forbiddenIpv4.find(({ network, hostBits }) => meant - network >= 0 && meant - network < 2 ** hostBits)?.what;
  }
  return forbiddenIpv6.find(({ network, hostBits }) => (meant ^ network) >> BigInt(hostBits) === 0n)?.what;
}

/** 127.0.0.0/8, ::1, and the former by way of NAT64. */
export function isLoopback(ip: Ip): boolean {
  const meant = beyondNat64(ip);
  return typeof meant === 'number' ? meant >>> 24 === 127 : meant === 1n;
}

/** `localhost` and what ends in `.localhost`: loopback, whatever a resolver says (RFC 6761, 6.3). */
export function isLocalhost(host: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(host);
}

/** The IPv4 address that 64:ff9b::/96 leads to, for one of its addresses; any other as it is. */
export function beyondNat64(ip: Ip): Ip {
  return typeof ip === 'bigint' && ip >> 32n === nat64 ? Number(ip & 0xffff_ffffn) : ip;
}
