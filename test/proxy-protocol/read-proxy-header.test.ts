import { describe, expect, it } from 'vitest';
import { mostHeaderBytes, readProxyHeader } from '../../src/proxy-protocol/read-proxy-header.ts';
import { goodV1, goodV2, proxied } from './good-headers.ts';
import { emptyChecksum, hex, ipv4Block, ipv6Block, line, sealed, signature, tlv, v2 } from './make-header.ts';

const good = [...goodV1, ...goodV2];
const request = line('GET / HTTP/1.1\r\nHost: 192.168.0.11\r\n\r\n');
const widest = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

/** How many of the bytes must have come before the answer is other than "more". */
function decidedAt(bytes: Buffer): number {
  for (let length = 0; length <= bytes.length; length += 1)
    if (readProxyHeader(bytes.subarray(0, length)).kind !== 'more') return length;
  return expect.fail('never decided');
}

describe.each(good)('$name', ({ bytes, header }) => {
  it('is read, whatever follows', () => {
    const complete = { kind: 'complete', length: bytes.length, header };
    expect(readProxyHeader(bytes)).toEqual(complete);
    for (const behind of [request, bytes, hex('00'), line('\r\n')])
      expect(readProxyHeader(Buffer.concat([bytes, behind]))).toEqual(complete);
  });

  it('comes byte by byte', () => {
    expect(decidedAt(bytes)).toBe(bytes.length);
  });
});

/** A place in version 1, and what is refused once so many bytes are there. */
const badV1: readonly (readonly [string, string, number])[] = [
  ['another protocol', 'GET / HTTP/1.1\r\n', 1],
  ['an end of line alone', '\n', 1],
  ['lower case', 'proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n', 1],
  ['a letter wrong', 'PROXX TCP4 1.2.3.4 1.2.3.4 1 2\r\n', 5],
  ['a POST', 'POST / HTTP/1.1\r\n', 2],
  ['a tab for a space', 'PROXY\tTCP4 1.2.3.4 1.2.3.4 1 2\r\n', 6],
  ['two spaces before the word', 'PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n', 7],
  ['UDP', 'PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n', 8],
  ['TCP5', 'PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n', 10],
  ['no word', 'PROXY\r\n', 6],
  ['TCP4 alone', 'PROXY TCP4\r\n', 11],
  ['more of the word UNKNOWN', 'PROXY UNKNOWNS\r\n', 14],
  ['a line feed alone', 'PROXY UNKNOWN\n', 14],
  ['a line feed alone, later', 'PROXY UNKNOWN 1\n', 16],
  ['a carriage return alone', 'PROXY UNKNOWN\rX', 15],
  ['two carriage returns', 'PROXY UNKNOWN\r\r\n', 15],
  ['a carriage return within', 'PROXY UNKNOWN a\rb\r\n', 17],
  ['a line feed within', 'PROXY UNKNOWN a\nb\r\n', 16],
  ['a line feed within an address', 'PROXY TCP4 1.2.3.4\n1.2.3.4 1 2\r\n', 19],
  ['a line that does not end', `PROXY UNKNOWN ${'x'.repeat(200)}`, 106],
  ['a line that is one too long', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, 106],
  ['a CRLF half out of bounds', `PROXY UNKNOWN ${'x'.repeat(91)}y\r\n`, 106],
];

/** Lines that are refused when they are whole. */
const badLines: readonly (readonly [string, string])[] = [
  ['nothing behind the word', 'TCP4 '],
  ['no ports', 'TCP4 1.2.3.4 1.2.3.4'],
  ['one port', 'TCP4 1.2.3.4 1.2.3.4 1'],
  ['an empty port', 'TCP4 1.2.3.4 1.2.3.4 1 '],
  ['one more', 'TCP4 1.2.3.4 1.2.3.4 1 2 3'],
  ['a space at the end', 'TCP4 1.2.3.4 1.2.3.4 1 2 '],
  ['two spaces', 'TCP4 1.2.3.4  1.2.3.4 1 2'],
  ['a tab', 'TCP4 1.2.3.4\t1.2.3.4 1 2'],
  ['an octet of 256', 'TCP4 1.2.3.256 1.2.3.4 1 2'],
  ['three octets', 'TCP4 1.2.3 1.2.3.4 1 2'],
  ['five octets', 'TCP4 1.2.3.4.5 1.2.3.4 1 2'],
  ['a heading zero', 'TCP4 1.2.3.04 1.2.3.4 1 2'],
  ['two zeros', 'TCP4 1.2.3.4 1.2.00.4 1 2'],
  ['a hexadecimal octet', 'TCP4 1.2.3.0x4 1.2.3.4 1 2'],
  ['an address that is a name', 'TCP4 localhost 1.2.3.4 1 2'],
  ['a byte beyond ASCII', 'TCP4 1.2.3.\xb2 1.2.3.4 1 2'],
  ['a NUL', 'TCP4 1.2.3.4\0 1.2.3.4 1 2'],
  ['IPv6 in TCP4', 'TCP4 ::1 ::1 1 2'],
  ['IPv4-mapped in TCP4', 'TCP4 ::ffff:1.2.3.4 1.2.3.4 1 2'],
  ['IPv4 in TCP6', 'TCP6 1.2.3.4 1.2.3.4 1 2'],
  ['IPv4 and IPv6 in TCP6', 'TCP6 ::1 1.2.3.4 1 2'],
  ['a zone', 'TCP6 fe80::1%eth0 ::1 1 2'],
  ['a zone of the second', 'TCP6 ::1 fe80::1%1 1 2'],
  ['brackets', 'TCP6 [::1] ::1 1 2'],
  ['two double colons', 'TCP6 1::2::3 ::1 1 2'],
  ['seven groups', 'TCP6 1:2:3:4:5:6:7 ::1 1 2'],
  ['nine groups', 'TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2'],
  ['five digits', 'TCP6 12345::1 ::1 1 2'],
  ['a port of 65536', 'TCP4 1.2.3.4 1.2.3.4 65536 2'],
  ['a long port', 'TCP4 1.2.3.4 1.2.3.4 1 100000'],
  ['a port with a zero in front', 'TCP4 1.2.3.4 1.2.3.4 01 2'],
  ['a port of two zeros', 'TCP4 1.2.3.4 1.2.3.4 1 00'],
  ['a negative port', 'TCP4 1.2.3.4 1.2.3.4 -1 2'],
  ['a port with a plus', 'TCP4 1.2.3.4 1.2.3.4 +1 2'],
  ['a hexadecimal port', 'TCP4 1.2.3.4 1.2.3.4 0x1 2'],
  ['a port with a point', 'TCP4 1.2.3.4 1.2.3.4 1.0 2'],
  ['a port of no digits', 'TCP4 1.2.3.4 1.2.3.4 http 2'],
];

const atIpv4Tlvs = 16 + ipv4Block.length;
const right = sealed(v2(0x21, 0x11, ipv4Block, emptyChecksum), atIpv4Tlvs + 3);
const checksum = right.subarray(atIpv4Tlvs);

/** The header, and how many of its bytes are needed to refuse it. */
const badV2: readonly (readonly [string, Buffer, number])[] = [
  ['an end of the request of another protocol', line('\r\n\r\nGET / HTTP/1.1'), 5],
  ['a signature with its last byte wrong', hex('0d0a0d0a000d0a515549540b 21110000'), 12],
  ['version 1', v2(0x11, 0x11, ipv4Block), 13],
  ['version 3', v2(0x31, 0x11, ipv4Block), 13],
  ['the command 2', v2(0x22, 0x11, ipv4Block), 13],
  ['the command 15', v2(0x2f, 0x11, ipv4Block), 13],
  ['the family 4', v2(0x21, 0x41, ipv4Block), 14],
  ['the transport 3', v2(0x21, 0x13, ipv4Block), 14],
  ['no room for IPv4', v2(0x21, 0x11), 16],
  ['one byte less than IPv4', v2(0x21, 0x11, ipv4Block.subarray(1)), 16],
  ['one byte less than IPv6', v2(0x21, 0x21, ipv6Block.subarray(1)), 16],
  ['IPv6 with addresses of IPv4', v2(0x21, 0x21, ipv4Block), 16],
  ['UDP with too few addresses', v2(0x21, 0x12, ipv4Block.subarray(1)), 16],
  ['Unix with too few', v2(0x21, 0x31, Buffer.alloc(215)), 16],
  ['one byte behind the addresses', v2(0x21, 0x11, ipv4Block, hex('04')), 29],
  ['two bytes behind the addresses', v2(0x21, 0x11, ipv4Block, hex('0400')), 30],
  ['one byte behind a TLV', v2(0x21, 0x11, ipv4Block, tlv(4, hex('aa')), hex('00')), 33],
  ['a TLV that runs over the end by one', v2(0x21, 0x11, ipv4Block, hex('040002aa')), 32],
  ['a TLV that runs over the end by all', v2(0x21, 0x11, ipv4Block, hex('04ffff')), 31],
  ['a TLV of UDP that runs over the end', v2(0x21, 0x12, ipv4Block, hex('040002aa')), 32],
  ['a checksum of 3 bytes', v2(0x21, 0x11, ipv4Block, tlv(3, Buffer.alloc(3))), 34],
  [
    'a checksum of 5 bytes, the first 4 of them right',
    sealed(v2(0x21, 0x11, ipv4Block, tlv(3, Buffer.alloc(5))), atIpv4Tlvs + 3),
    36,
  ],
  ['a wrong checksum', v2(0x21, 0x11, ipv4Block, emptyChecksum), 35],
  ['a wrong checksum of UDP', v2(0x21, 0x12, ipv4Block, emptyChecksum), 35],
  ['a checksum that is another header’s', v2(0x21, 0x11, ipv4Block, checksum, tlv(4, hex('aa'))), 39],
  ['a checksum the wrong way round', Buffer.concat([right.subarray(0, -4), right.subarray(-4).toReversed()]), 35],
  ['a second checksum', sealed(v2(0x21, 0x11, ipv4Block, emptyChecksum, emptyChecksum), atIpv4Tlvs + 3), 42],
  ['a second checksum that is right', sealed(v2(0x21, 0x11, ipv4Block, emptyChecksum, emptyChecksum), 38), 42],
];

const bad: readonly (readonly [string, Buffer, number])[] = [
  ...badV1.map(([name, text, needed]) => [name, line(text), needed] as const),
  ...badLines.map(([name, text]) => [name, line(`PROXY ${text}\r\n`), text.length + 8] as const),
  ...badV2,
];

it.each(bad)('refuses %s, as soon as it is certain', (_, bytes, needed) => {
  expect(decidedAt(bytes)).toBe(needed);
  expect(readProxyHeader(bytes).kind).toBe('malformed');
  expect(readProxyHeader(Buffer.concat([bytes, request])).kind).toBe('malformed');
});

it('waits while there are no bytes', () => {
  expect(readProxyHeader(Buffer.alloc(0))).toEqual({ kind: 'more' });
});

it('knows the longest line to the byte', () => {
  const longest = line(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`);
  expect(longest.length).toBe(107);
  expect(readProxyHeader(longest)).toEqual({ kind: 'complete', length: 107, header: { kind: 'local' } });
  const tcp6 = line(`PROXY TCP6 ${widest} ${widest} 65535 65535\r\n`);
  expect(readProxyHeader(tcp6)).toMatchObject({ kind: 'complete', length: 104 });
});

it('takes the longest header of version 2', () => {
  const block = Buffer.alloc(0xffff - ipv4Block.length - 3, 0xee);
  const longest = v2(0x21, 0x11, ipv4Block, tlv(0xee, block));
  expect(longest.length).toBe(mostHeaderBytes);
  expect(readProxyHeader(longest.subarray(0, -1))).toEqual({ kind: 'more' });
  expect(readProxyHeader(longest)).toEqual({
    kind: 'complete',
    length: mostHeaderBytes,
    header: proxied('192.0.2.7', 0x1234, '198.51.100.1', 443),
  });
});

it('knows every version, command, family and transport', () => {
  const taken: number[] = [];
  for (let byte = 0; byte < 256; byte += 1)
    if (readProxyHeader(Buffer.concat([signature, Buffer.from([byte])])).kind === 'more') taken.push(byte);
  expect(taken).toEqual([0x20, 0x21]);

  const kinds = new Map<string, number[]>();
  for (let family = 0; family < 256; family += 1) {
    // Zeros are TLVs of type 0 without a value. They fill the rest of 252 bytes, whatever the addresses
    // take.
    const read = readProxyHeader(v2(0x21, family, Buffer.alloc(252)));
    const kind = read.kind === 'complete' ? read.header.kind : read.kind;
    kinds.set(kind, [...(kinds.get(kind) ?? []), family]);
  }
  expect(kinds.get('proxied')).toEqual([0x11, 0x21]);
  expect(kinds.get('local')).toEqual([0x00, 0x01, 0x02, 0x10, 0x12, 0x20, 0x22, 0x30, 0x31, 0x32]);
  expect(kinds.get('malformed')).toHaveLength(256 - 12);
});

it.each([
  [hex('ff'), 'the connection does not begin with one'],
  [line('PROXY UDP4'), 'it begins with none of PROXY TCP4, PROXY TCP6 and PROXY UNKNOWN'],
  [v2(0x11, 0x11), 'its signature is that of version 2, its version is not'],
  [v2(0x2f, 0x11), 'its command is neither LOCAL nor PROXY'],
  [v2(0x21, 0x41), 'its address family or transport is unknown'],
  [v2(0x21, 0x11, ipv4Block, emptyChecksum), 'its checksum is wrong'],
])('returns why: %#', (bytes, why) => {
  expect(readProxyHeader(bytes)).toEqual({ kind: 'malformed', why });
});

it('quotes nothing that the peer has sent', () => {
  const read = readProxyHeader(line('PROXY TCP4 \x1b[31m 1.2.3.4 1 2\r\n'));
  expect(read).toEqual({ kind: 'malformed', why: 'an address in it is not as TCP4 has them' });
});
