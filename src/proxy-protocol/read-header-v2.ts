import { ipv6FromBytes } from '../base/ip.ts';
import { crc32c } from './crc32c.ts';
import { type HeaderRead, malformed, more, type ProxyHeader } from './proxy-header.ts';
import {
  fixedSize,
  ipv4BlockSize,
  ipv6BlockSize,
  localCommand,
  proxyCommand,
  signature,
  tcpOverIpv4,
  tcpOverIpv6,
} from './v2-layout.ts';

const commandAt = 12;
const familyAt = 13;
const lengthAt = 14;

/** TCP and UDP over IPv4 and IPv6, stream and datagram over Unix: the bytes of their addresses and ports. */
const blockSizes: ReadonlyMap<number, number> = new Map([
  [tcpOverIpv4, ipv4BlockSize],
  [0x12, ipv4BlockSize],
  [tcpOverIpv6, ipv6BlockSize],
  [0x22, ipv6BlockSize],
  [0x31, 216],
  [0x32, 216],
]);
/** AF_UNIX and DGRAM are the highest that are assigned. */
const mostFamily = 0x30;
const mostTransport = 2;

const crcType = 0x03;
const crcSize = 4;
/** Type and length. */
const tlvHeadSize = 3;
const zeros = Buffer.alloc(crcSize);

const local: ProxyHeader = { kind: 'local' };

/**
 * Reads a version 2 header (proxy-protocol.txt, 2.2).
 *
 * - LOCAL: "the receiver must accept this connection as valid" and discard the block, "including the family which is
 *   ignored". The content of the block is not known then, so a checksum in it is not checked; HAProxy does the same.
 * - PROXY with an unassigned family or transport "must be rejected as invalid". UNSPEC in either may be accepted: then
 *   the block has no known shape, and is skipped whole.
 * - Otherwise the addresses must fit into the length, TLVs must fill the rest, and a checksum among them must be right.
 *   UDP and Unix addresses are skipped: those headers fall "back to the UNSPEC mode".
 *
 * The block is read once it is whole, so that a block that comes byte by byte is not walked again for every byte.
 */
export function readHeaderV2(bytes: Buffer): HeaderRead {
  const signed = Math.min(bytes.length, signature.length);
  if (signature.compare(bytes, 0, signed, 0, signed) !== 0) return malformed('its signature is wrong');
  const command = bytes[commandAt];
  if (command === undefined) return more;
  if (command >> 4 !== 2) return malformed('its signature is that of version 2, its version is not');
  if (command !== localCommand && command !== proxyCommand) return malformed('its command is neither LOCAL nor PROXY');
  const family = bytes[familyAt];
  if (family === undefined) return more;
  if (command === proxyCommand && !isAssigned(family)) return malformed('its address family or transport is unknown');
  if (bytes.length < fixedSize) return more;

  const length = fixedSize + bytes.readUInt16BE(lengthAt);
  const blockSize = command === proxyCommand ? blockSizes.get(family) : undefined;
  if (blockSize !== undefined && length < fixedSize + blockSize) return malformed('it is too short for its addresses');
  if (bytes.length < length) return more;
  if (blockSize === undefined) return { kind: 'complete', length, header: local };
  const header = bytes.subarray(0, length);
  const wrong = wrongInTlvs(header, fixedSize + blockSize);
  return wrong === undefined ? { kind: 'complete', length, header: addressesOf(header, family) } : malformed(wrong);
}

function isAssigned(family: number): boolean {
  return (family & 0xf0) <= mostFamily && (family & 0x0f) <= mostTransport;
}

/** Walks the TLVs from `start` to the end of the header, and checks the checksum (2.2.3), of which there may be one. */
function wrongInTlvs(header: Buffer, start: number): string | undefined {
  let crcAt: number | undefined;
  let at = start;
  while (at < header.length) {
    const value = at + tlvHeadSize;
    if (value > header.length) return 'a TLV in it is cut off';
    const end = value + header.readUInt16BE(at + 1);
    if (end > header.length) return 'a TLV in it runs over its end';
    if (header[at] === crcType) {
      if (end - value !== crcSize) return 'its checksum is not of 4 bytes';
      if (crcAt !== undefined) return 'it has more than one checksum';
      crcAt = value;
    }
    at = end;
  }
  return crcAt === undefined || header.readUInt32BE(crcAt) === crcOf(header, crcAt)
    ? undefined
    : 'its checksum is wrong';
}

/** Over the whole header, with the checksum's own bytes taken as zeros. */
function crcOf(header: Buffer, crcAt: number): number {
  const before = crc32c(header.subarray(0, crcAt));
  return crc32c(header.subarray(crcAt + crcSize), crc32c(zeros, before));
}

function addressesOf(header: Buffer, family: number): ProxyHeader {
  if (family === tcpOverIpv4)
    return {
      kind: 'proxied',
      source: { ip: header.readUInt32BE(16), port: header.readUInt16BE(24) },
      destination: { ip: header.readUInt32BE(20), port: header.readUInt16BE(26) },
    };
  if (family === tcpOverIpv6)
    return {
      kind: 'proxied',
      source: { ip: ipv6FromBytes(header.subarray(16, 32)), port: header.readUInt16BE(48) },
      destination: { ip: ipv6FromBytes(header.subarray(32, 48)), port: header.readUInt16BE(50) },
    };
  return local;
}
