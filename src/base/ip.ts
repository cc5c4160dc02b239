import { isIPv4, isIPv6 } from 'node:net';

/**
 * An IP address as a number, to compare and to look up: IPv4 as a number from 0 to 2^32-1, IPv6 as a bigint from 0 to
 * 2^128-1. IPv4-mapped IPv6 (RFC 4291, 2.5.5.2) is always given as IPv4. Zones are left out.
 */
export type Ip = number | bigint;

/** The upper 96 bits of an IPv4-mapped IPv6 address. */
const mapped = 0xffffn;

/** Reads an IP literal, dotted IPv4 or IPv6 with or without a zone; `undefined` for anything else. */
export function parseIp(text: string): Ip | undefined {
  return isIPv4(text) || isIPv6(text) ? ipOf(text) : undefined;
}

/** The same for text that is known to be an IP literal, such as the address of a socket. */
export function ipOf(literal: string): Ip {
  if (!literal.includes(':')) return ipv4Of(literal);
  const [address = ''] = literal.split('%');
  // As a dual-stack listener shows its IPv4 clients.
  if (address.startsWith('::ffff:') && address.includes('.') && !address.includes(':', 7))
    return ipv4Of(address.slice(7));
  return ipv6Of(address);
}

/** The address that 16 bytes in network order mean; IPv4 where they are IPv4-mapped. */
export function ipv6FromBytes(bytes: ArrayLike<number>): Ip {
  let value = 0n;
  for (let at = 0; at < 16; at += 4) value = (value << 32n) | BigInt(word(bytes, at));
  return mappedAsIpv4(value);
}

/** As text: dotted, or IPv6 as RFC 5952 writes it. */
export function formatIp(ip: Ip): string {
  if (typeof ip === 'number') return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
  return formatIpv6(ip);
}

/** By hand, as it takes a third of the time of ipaddr.js: a long list has a network a line. */
function formatIpv6(ip: bigint): string {
  const hex = ip.toString(16).padStart(32, '0');
  const groups: string[] = [];
  // The first one of the longest runs of zeros is left out, where it is longer than one (RFC 5952, 4.2).
  let [run, longest] = [0, 1];
  let gap: number | undefined;
  for (let at = 0; at < 8; at += 1) {
    const group = Number.parseInt(hex.slice(at * 4, at * 4 + 4), 16);
    groups.push(group.toString(16));
    run = group === 0 ? run + 1 : 0;
    if (run > longest) [gap, longest] = [at + 1 - run, run];
  }
  if (gap === undefined) return groups.join(':');
  return `${groups.slice(0, gap).join(':')}::${groups.slice(gap + longest).join(':')}`;
}

/** By hand, as this may be done for every client. The text is known to be dotted IPv4. */
function ipv4Of(text: string): number {
  let value = 0;
  let octet = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 46) octet = octet * 10 + code - 48;
    else {
      value = value * 256 + octet;
      octet = 0;
    }
  }
  return value * 256 + octet;
}

/** By hand, as ipaddr.js takes `::192.0.2.1` for IPv4-mapped, which it is not. The text must be IPv6 without a zone. */
function ipv6Of(text: string): Ip {
  const [front = '', back = ''] = withoutDots(text).split('::');
  const [head, tail] = [digitsOf(front), digitsOf(back)];
  return mappedAsIpv4(BigInt(`0x${head.padEnd(32 - tail.length, '0')}${tail}`));
}

/** The last 32 bits as two groups, where they are written as IPv4 is. */
function withoutDots(text: string): string {
  if (!text.includes('.')) return text;
  const start = text.lastIndexOf(':') + 1;
  const digits = ipv4Of(text.slice(start)).toString(16).padStart(8, '0');
  return `${text.slice(0, start)}${digits.slice(0, 4)}:${digits.slice(4)}`;
}

/** Four digits for each group. */
function digitsOf(groups: string): string {
  if (groups === '') return '';
  return groups
    .split(':')
    .map((group) => group.padStart(4, '0'))
    .join('');
}

function mappedAsIpv4(value: bigint): Ip {
  return value >> 32n === mapped ? Number(value & 0xffff_ffffn) : value;
}

function word(bytes: ArrayLike<number>, at: number): number {
  const octet = (index: number): number => bytes[at + index] ?? 0;
  return ((octet(0) << 24) | (octet(1) << 16) | (octet(2) << 8) | octet(3)) >>> 0;
}
