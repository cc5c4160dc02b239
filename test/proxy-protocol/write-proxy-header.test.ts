import { expect, it } from 'vitest';
import { parseIp } from '../../src/base/ip.ts';
import type { ProxyEndpoint } from '../../src/proxy-protocol/proxy-header.ts';
import { writeLocalHeader, writeProxyHeader } from '../../src/proxy-protocol/write-proxy-header.ts';
import { hex, line, signature } from './make-header.ts';

const at = (address: string, port: number): ProxyEndpoint => ({
  ip: parseIp(address) ?? expect.fail(`no address: ${address}`),
  port,
});

const mapped = '00000000000000000000ffffc0000207';
const documented = '20010db8000000000000000000000001';

it.each([
  ['IPv4', at('192.168.0.1', 56324), at('192.168.0.11', 443), 'TCP4 192.168.0.1 192.168.0.11 56324 443'],
  ['IPv6', at('2001:DB8:0:0::7', 1), at('::1', 65535), 'TCP6 2001:db8::7 ::1 1 65535'],
  ['IPv4 to IPv6', at('192.0.2.7', 1), at('2001:db8::1', 2), 'TCP6 ::ffff:192.0.2.7 2001:db8::1 1 2'],
  ['IPv6 to IPv4', at('2001:db8::1', 0), at('192.0.2.7', 2), 'TCP6 2001:db8::1 ::ffff:192.0.2.7 0 2'],
  ['two IPv4-mapped', at('::ffff:192.0.2.7', 1), at('192.0.2.8', 2), 'TCP4 192.0.2.7 192.0.2.8 1 2'],
])('writes version 1: %s', (_, source, destination, text) => {
  expect(writeProxyHeader('v1', source, destination)).toEqual(line(`PROXY ${text}\r\n`));
});

it.each([
  ['IPv4', at('192.0.2.7', 0x1234), at('198.51.100.1', 443), '2111 000c c0000207c6336401 123401bb'],
  ['IPv6', at('2001:db8::1', 1), at('fedc:ba98::1', 2), `2121 0024 ${documented} fedcba98${'0'.repeat(23)}1 00010002`],
  ['IPv4 to IPv6', at('192.0.2.7', 1), at('2001:db8::1', 2), `2121 0024 ${mapped} ${documented} 00010002`],
  ['IPv6 to IPv4', at('2001:db8::1', 1), at('192.0.2.7', 65535), `2121 0024 ${documented} ${mapped} 0001ffff`],
])('writes version 2: %s', (_, source, destination, rest) => {
  expect(writeProxyHeader('v2', source, destination)).toEqual(Buffer.concat([signature, hex(rest)]));
});

it('writes the headers of connections of our own', () => {
  expect(writeLocalHeader('v1')).toEqual(line('PROXY UNKNOWN\r\n'));
  expect(writeLocalHeader('v2')).toEqual(Buffer.concat([signature, hex('2000 0000')]));
});
