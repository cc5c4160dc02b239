import { expect } from 'vitest';
import { parseIp } from '../../src/base/ip.ts';
import type { ProxyHeader } from '../../src/proxy-protocol/proxy-header.ts';
import { emptyChecksum, hex, ipv4Block, ipv6Block, line, sealed, tlv, v2 } from './make-header.ts';

export interface GoodHeader {
  readonly name: string;
  readonly bytes: Buffer;
  readonly header: ProxyHeader;
}

const local: ProxyHeader = { kind: 'local' };

export function proxied(from: string, fromPort: number, to: string, toPort: number): ProxyHeader {
  const ip = (text: string) => parseIp(text) ?? expect.fail(`no address: ${text}`);
  return {
    kind: 'proxied',
    source: { ip: ip(from), port: fromPort },
    destination: { ip: ip(to), port: toPort },
  };
}

const ipv4 = proxied('192.0.2.7', 0x1234, '198.51.100.1', 443);
const ipv6 = proxied('2001:db8::7', 0x1234, '2001:db8::1', 443);
const widest = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
const unixBlock = Buffer.alloc(216, '/tmp/socket');

/** The last of all TLVs: client, verify, and the version inside. */
const tls = tlv(0x20, Buffer.concat([hex('01 00000000'), tlv(0x21, line('TLSv1.3'))]));

const v1: readonly (readonly [string, string, ProxyHeader])[] = [
  // Examples and longest lines of proxy-protocol.txt, 2.1.
  [
    'the example',
    'PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n',
    proxied('192.168.0.1', 56324, '192.168.0.11', 443),
  ],
  [
    'the longest TCP4',
    'PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n',
    proxied('255.255.255.255', 65535, '255.255.255.255', 65535),
  ],
  ['the longest TCP6', `PROXY TCP6 ${widest} ${widest} 65535 65535\r\n`, proxied(widest, 65535, widest, 65535)],
  ['UNKNOWN alone', 'PROXY UNKNOWN\r\n', local],
  ['the longest UNKNOWN', `PROXY UNKNOWN ${widest} ${widest} 65535 65535\r\n`, local],
  ['UNKNOWN and a space', 'PROXY UNKNOWN \r\n', local],
  ['UNKNOWN and anything', 'PROXY UNKNOWN  \0\xff TCP4 \t 1.2.3.4\r\n', local],
  ['the least TCP4', 'PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n', proxied('0.0.0.0', 0, '0.0.0.0', 0)],
  ['the least TCP6', 'PROXY TCP6 :: :: 0 0\r\n', proxied('::', 0, '::', 0)],
  ['TCP6 in upper case', 'PROXY TCP6 2001:DB8::A 2001:db8::b 1 2\r\n', proxied('2001:db8::a', 1, '2001:db8::b', 2)],
  ['TCP6 with zeros in front', 'PROXY TCP6 2001:0db8::000a ::1 1 2\r\n', proxied('2001:db8::a', 1, '::1', 2)],
  [
    'TCP6 with IPv4 in it',
    'PROXY TCP6 ::ffff:192.0.2.7 ::FFFF:c000:201 1 2\r\n',
    proxied('192.0.2.7', 1, '192.0.2.1', 2),
  ],
];

const v2Headers: readonly (readonly [string, Buffer, ProxyHeader])[] = [
  ['TCP over IPv4', v2(0x21, 0x11, ipv4Block), ipv4],
  ['TCP over IPv6', v2(0x21, 0x21, ipv6Block), ipv6],
  [
    'IPv4-mapped addresses',
    v2(0x21, 0x21, hex('00000000000000000000ffffc0000207 00000000000000000000ffffc6336401 1234 01bb')),
    ipv4,
  ],
  // Sent by HAProxy 2.6.12 with `send-proxy-v2 proxy-v2-options crc32c,unique-id`.
  [
    'HAProxy over IPv4',
    hex('0d0a0d0a000d0a515549540a 21110016 7f0000017f0000019a929b79 030004f76ef8aa 050000'),
    proxied('127.0.0.1', 39570, '127.0.0.1', 39801),
  ],
  [
    'HAProxy over IPv6',
    hex(
      `0d0a0d0a000d0a515549540a 2121002e 00000000000000000000000000000001 00000000000000000000000000000001
      e1309b7a 030004 01e4aed9 050000`.replaceAll('\n', ''),
    ),
    proxied('::1', 57648, '::1', 39802),
  ],
  ['UDP over IPv4', v2(0x21, 0x12, ipv4Block), local],
  ['UDP over IPv6', v2(0x21, 0x22, ipv6Block), local],
  ['a Unix stream', v2(0x21, 0x31, unixBlock), local],
  ['Unix datagrams, with a TLV', v2(0x21, 0x32, unixBlock, tls), local],
  ['UNSPEC', v2(0x21, 0x00), local],
  ['UNSPEC with a block of no known shape', v2(0x21, 0x00, hex('ffffffffff')), local],
  ['IPv4 over UNSPEC', v2(0x21, 0x10, ipv4Block), local],
  ['LOCAL', v2(0x20, 0x00), local],
  ['LOCAL with addresses', v2(0x20, 0x11, ipv4Block), local],
  ['LOCAL with a family that does not exist', v2(0x20, 0xff, hex('03ffff')), local],
  ['LOCAL with too few addresses', v2(0x20, 0x21, ipv4Block), local],
  ['LOCAL with a wrong checksum', v2(0x20, 0x11, ipv4Block, emptyChecksum), local],
  ['an ALPN, an authority', v2(0x21, 0x11, ipv4Block, tlv(1, line('h2')), tlv(2, line('example.com'))), ipv4],
  ['padding', v2(0x21, 0x11, ipv4Block, tlv(4, Buffer.alloc(0)), tlv(4, Buffer.alloc(300, 0xff))), ipv4],
  ['TLS, a namespace, unknown types', v2(0x21, 0x21, ipv6Block, tls, tlv(0x30, line('red')), tlv(0xff, tls)), ipv6],
  ['a TLV whose value looks like a TLV', v2(0x21, 0x11, ipv4Block, tlv(5, hex('030001'))), ipv4],
  ['a checksum', sealed(v2(0x21, 0x11, ipv4Block, emptyChecksum), 31), ipv4],
  ['a checksum behind a TLV', sealed(v2(0x21, 0x21, ipv6Block, tlv(4, hex('ab')), emptyChecksum), 59), ipv6],
  ['a checksum before a TLV', sealed(v2(0x21, 0x11, ipv4Block, emptyChecksum, tls), 31), ipv4],
  ['a checksum of UDP', sealed(v2(0x21, 0x12, ipv4Block, emptyChecksum), 31), local],
];

export const goodV1: readonly GoodHeader[] = v1.map(([name, text, header]) => ({ name, bytes: line(text), header }));
export const goodV2: readonly GoodHeader[] = v2Headers.map(([name, bytes, header]) => ({ name, bytes, header }));
