import { formatIp, type Ip } from '../base/ip.ts';
import type { ProxyEndpoint } from './proxy-header.ts';
import {
  fixedSize,
  ipv4BlockSize,
  ipv6BlockSize,
  localCommand,
  proxyCommand,
  signature,
  tcpOverIpv4,
  tcpOverIpv6,
  unspecified,
} from './v2-layout.ts';

/**
 * The header that names the client to a target: `source` is the client, `destination` the address that it connected
 * to. Where one is IPv4 and the other IPv6, both are written as IPv6, the IPv4 one mapped (::ffff:a.b.c.d).
 *
 * Version 2 has no checksum here: that of TCP covers the bytes behind the header as well, and receivers need not know
 * the one of PROXY headers.
 */
export function writeProxyHeader(version: 'v1' | 'v2', source: ProxyEndpoint, destination: ProxyEndpoint): Buffer {
  const asIpv4 = typeof source.ip === 'number' && typeof destination.ip === 'number';
  if (version === 'v1') {
    const text = asIpv4 ? formatIp : formatAsIpv6;
    const addresses = `${text(source.ip)} ${text(destination.ip)}`;
    return lineOf(`PROXY ${asIpv4 ? 'TCP4' : 'TCP6'} ${addresses} ${source.port} ${destination.port}\r\n`);
  }
  const bytes = asIpv4
    ? startV2(proxyCommand, tcpOverIpv4, ipv4BlockSize)
    : startV2(proxyCommand, tcpOverIpv6, ipv6BlockSize);
  const write = asIpv4 ? writeIpv4 : writeIpv6;
  const middle = write(bytes, source.ip, fixedSize);
  const ports = write(bytes, destination.ip, middle);
  bytes.writeUInt16BE(source.port, ports);
  bytes.writeUInt16BE(destination.port, ports + 2);
  return bytes;
}

/** The header of a connection of our own, such as a health check: it has no client. */
export function writeLocalHeader(version: 'v1' | 'v2'): Buffer {
  return version === 'v1' ? lineOf('PROXY UNKNOWN\r\n') : startV2(localCommand, unspecified, 0);
}

function lineOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(text.length);
  bytes.write(text, 'latin1');
  return bytes;
}

/** All before the addresses, with room for `blockSize` bytes of them. */
function startV2(command: number, family: number, blockSize: number): Buffer {
  const bytes = Buffer.allocUnsafe(fixedSize + blockSize);
  signature.copy(bytes);
  bytes[signature.length] = command;
  bytes[signature.length + 1] = family;
  bytes.writeUInt16BE(blockSize, signature.length + 2);
  return bytes;
}

function formatAsIpv6(ip: Ip): string {
  return typeof ip === 'number' ? `::ffff:${formatIp(ip)}` : formatIp(ip);
}

/** Returns where the next field goes. */
function writeIpv4(bytes: Buffer, ip: Ip, at: number): number {
  return bytes.writeUInt32BE(Number(ip), at);
}

function writeIpv6(bytes: Buffer, ip: Ip, at: number): number {
  if (typeof ip === 'bigint') {
    const lower = bytes.writeBigUInt64BE(ip >> 64n, at);
    return bytes.writeBigUInt64BE(BigInt.asUintN(64, ip), lower);
  }
  bytes.fill(0, at, at + 10);
  bytes.writeUInt16BE(0xffff, at + 10);
  return bytes.writeUInt32BE(ip, at + 12);
}
