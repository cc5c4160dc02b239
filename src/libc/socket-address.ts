import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import ipaddr from 'ipaddr.js';
import { AF_INET, AF_INET6 } from './constants.ts';

/** Room for a sockaddr_in6, the larger of the two, bytes. */
export const socketAddressSize = 28;

const sizeOfIpv4 = 16;
const littleEndian = endianness() === 'LE';

/** AF_INET or AF_INET6, by the spelling of the literal. */
export function familyOf(address: string): number {
  // An IPv6 literal has its first colon behind four digits at the latest.
  for (let at = 0; at <= 4; at += 1) if (address.charCodeAt(at) === 58) return AF_INET6;
  return AF_INET;
}

/**
 * Writes an IP literal and a port as a sockaddr_in (ip(7)) or sockaddr_in6 (ipv6(7)); returns its length.
 * A zone (`fe80::1%eth0`) is an interface's name or number; 0, which the kernel refuses, for one that is not there.
 */
export function writeSocketAddress(bytes: Buffer, address: string, port: number): number {
  const family = familyOf(address);
  writeNative16(bytes, family);
  bytes.writeUInt16BE(port, 2);
  if (family === AF_INET) {
    writeIpv4(bytes, address);
    // sin_zero
    for (let at = 8; at < sizeOfIpv4; at += 1) bytes[at] = 0;
    return sizeOfIpv4;
  }
  // Apart, as ipaddr.js does not know the zones br-lan and eth0.100.
  const [literal = '', zone] = address.split('%');
  const parsed = ipaddr.IPv6.parse(literal);
  // sin6_flowinfo
  bytes.fill(0, 4, 8);
  bytes.set(parsed.toByteArray(), 8);
  const scope = zone === undefined ? 0 : interfaceNumber(zone);
  if (littleEndian) bytes.writeUInt32LE(scope, 24);
  else bytes.writeUInt32BE(scope, 24);
  return socketAddressSize;
}

/** An IPv4 or IPv4-mapped address and its port as one number, without a string; undefined for any other address. */
export function packIpv4(bytes: Buffer): number | undefined {
  const family = littleEndian ? bytes.readUInt16LE(0) : bytes.readUInt16BE(0);
  if (family === AF_INET) return bytes.readUInt32BE(4) * 0x1_0000 + bytes.readUInt16BE(2);
  const mapped = bytes.readUInt32BE(16) === 0xffff && bytes.readUInt32BE(8) === 0 && bytes.readUInt32BE(12) === 0;
  return mapped ? bytes.readUInt32BE(20) * 0x1_0000 + bytes.readUInt16BE(2) : undefined;
}

/** The address in what `packIpv4` returns, as a number from 0 to 2^32-1. */
export function packedAddress(packed: number): number {
  return Math.floor(packed / 0x1_0000);
}

/** The 16 bytes of a sockaddr_in6's address, in network order; a view. */
export function ipv6Of(bytes: Buffer): Buffer {
  return bytes.subarray(8, 24);
}

/** What `packIpv4` has packed. */
export function unpackIpv4(packed: number): { readonly address: string; readonly port: number } {
  const address = packedAddress(packed);
  const octet = (shift: number): number => (address >>> shift) & 0xff;
  return { address: `${octet(24)}.${octet(16)}.${octet(8)}.${octet(0)}`, port: packed % 0x1_0000 };
}

/** Reads what the kernel has written. An IPv4-mapped address is returned as IPv4. */
export function readSocketAddress(bytes: Buffer): { readonly address: string; readonly port: number } {
  const packed = packIpv4(bytes);
  if (packed !== undefined) return unpackIpv4(packed);
  const parsed = new ipaddr.IPv6([...ipv6Of(bytes)]);
  const scope = littleEndian ? bytes.readUInt32LE(24) : bytes.readUInt32BE(24);
  const text = parsed.toRFC5952String();
  const port = bytes.readUInt16BE(2);
  return { address: scope === 0 ? text : `${text}%${scope}`, port };
}

function writeNative16(bytes: Buffer, value: number): void {
  if (littleEndian) bytes.writeUInt16LE(value, 0);
  else bytes.writeUInt16BE(value, 0);
}

/** Without ipaddr.js, as this is done for every dial. */
function writeIpv4(bytes: Buffer, address: string): void {
  let at = 4;
  let octet = 0;
  for (let i = 0; i < address.length; i += 1) {
    const code = address.charCodeAt(i);
    if (code !== 46) octet = octet * 10 + code - 48;
    else {
      bytes[at] = octet;
      at += 1;
      octet = 0;
    }
  }
  bytes[at] = octet;
}

function interfaceNumber(zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone);
  try {
    return Number(readFileSync(`/sys/class/net/${zone}/ifindex`, 'latin1'));
  } catch {
    return 0;
  }
}
