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
const metadata = "the cloud's metadata service";

/** Of the IANA registry of special-purpose IPv4 addresses (RFC 6890) and RFC 5771; the first that fits is named. */
const forbiddenIpv4: readonly Block<number>[] = [
  { network: 0xa9fe_a9fe, hostBits: 0, what: "a link-local address, the cloud's metadata service" },
  { network: 0xa9fe_0000, hostBits: 16, what: linkLocal },
  // Alibaba Cloud, Oracle Cloud and Azure (the WireServer) have theirs outside of link-local.
  { network: 0x6464_64c8, hostBits: 0, what: metadata },
  { network: 0xc000_00c0, hostBits: 0, what: metadata },
  { network: 0xa83f_8110, hostBits: 0, what: metadata },
  { network: 0x0000_0000, hostBits: 24, what: unspecified },
  { network: 0xffff_ffff, hostBits: 0, what: 'the broadcast address' },
  { network: 0xe000_0000, hostBits: 28, what: multicast },
  { network: 0xf000_0000, hostBits: 28, what: 'a reserved address' },
];

/** RFC 4291, and blocks whose addresses a translator may lead on to any IPv4 address. */
const forbiddenIpv6: readonly Block<bigint>[] = [
  { network: 0n, hostBits: 0, what: unspecified },
  { network: 0xfe80n << 112n, hostBits: 118, what: linkLocal },
  { network: 0xffn << 120n, hostBits: 120, what: multicast },
  // Amazon (instances, and pods of EKS), Google, Oracle and Scaleway.
  { network: (0xfd00_0ec2n << 96n) | 0x254n, hostBits: 0, what: metadata },
  { network: (0xfd00_0ec2n << 96n) | 0x23n, hostBits: 0, what: metadata },
  { network: (0xfd20_00cen << 96n) | 0x254n, hostBits: 0, what: metadata },
  { network: (0xfd00_00c1n << 96n) | 0xa9fe_a9fen, hostBits: 0, what: metadata },
  { network: (0xfd00_0042n << 96n) | 0x42n, hostBits: 0, what: metadata },
  // RFC 8215: where the IPv4 address stands in it is each network's own choice.
  { network: 0x0064_ff9b_0001n << 80n, hostBits: 80, what: 'a local NAT64 address' },
  // RFC 2765, 2.1.
  { network: 0xffff_0000n << 32n, hostBits: 32, what: 'an IPv4-translated address' },
  // RFC 4291, 2.5.5.1: deprecated. Its ::1 is loopback.
  { network: 0n, hostBits: 32, what: 'an IPv4-compatible address' },
];

/** 64:ff9b::, upper 96 bits: what a NAT64 translator leads on to the IPv4 address in the lower 32 (RFC 6052). */
const nat64 = 0x0064_ff9bn << 64n;
/** 2002::/16: the next 32 bits are the IPv4 address of a 6to4 router (RFC 3056, 2). */
const sixToFour = 0x2002n;
/** 2001::/32: the next 32 bits are a Teredo server, the last 32 the client with all bits inverted (RFC 4380, 4). */
const teredo = 0x2001_0000n;

/**
 * Why an address may never be a target, as in `that is a link-local address`: link-local, unspecified, multicast,
 * broadcast, reserved, a metadata service, or a form that may lead to any IPv4 address. An address that embeds an
 * IPv4 address (`meanings`) is refused where that is. `undefined` where it may be a target.
 */
export function forbiddenTarget(ip: Ip): string | undefined {
  if (typeof ip === 'number') return forbiddenAsIpv4(ip);
  if (ip === 1n) return undefined;
  const own = forbiddenIpv6.find(({ network, hostBits }) => (ip ^ network) >> BigInt(hostBits) === 0n)?.what;
  if (own !== undefined) return own;
  for (const embedded of embeddedIpv4(ip)) {
    const what = forbiddenAsIpv4(embedded);
    if (what !== undefined) return what;
  }
  return undefined;
}

/** 127.0.0.0/8, ::1, and addresses that embed the former (`meanings`). */
export function isLoopback(ip: Ip): boolean {
  if (typeof ip === 'number') return ip >>> 24 === 127;
  return ip === 1n || embeddedIpv4(ip).some((embedded) => embedded >>> 24 === 127);
}

/** `localhost` and what ends in `.localhost`: loopback, whatever a resolver answers (RFC 6761, 6.3). */
export function isLocalhost(host: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(host);
}

/**
 * The addresses that a connection to `ip` may reach: itself, and the IPv4 addresses that it embeds, by way of NAT64
 * (64:ff9b::/96), 6to4 or Teredo.
 */
export function meanings(ip: Ip): readonly Ip[] {
  return typeof ip === 'number' ? [ip] : [ip, ...embeddedIpv4(ip)];
}

function forbiddenAsIpv4(ip: number): string | undefined {
  return forbiddenIpv4.find(({ network, hostBits }) => ip - network >= 0 && ip - network < 2 ** hostBits)?.what;
}

function embeddedIpv4(ip: bigint): readonly number[] {
  if (ip >> 32n === nat64) return [lower32(ip)];
  if (ip >> 112n === sixToFour) return [lower32(ip >> 80n)];
  if (ip >> 96n === teredo) return [lower32(~ip), lower32(ip >> 64n)];
  return [];
}

function lower32(bits: bigint): number {
  return Number(bits & 0xffff_ffffn);
}
