import { describe, expect, test } from 'vitest';
import { formatIp, type Ip, parseIp } from '../../src/base/ip.ts';
import { forbiddenTarget, isLocalhost, isLoopback, meanings } from '../../src/base/special-addresses.ts';

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}

describe('never a target', () => {
  test.each([
    ['169.254.0.0', 'a link-local address'],
    ['169.254.255.255', 'a link-local address'],
    ['169.254.169.254', "a link-local address, the cloud's metadata service"],
    ['::ffff:169.254.1.1', 'a link-local address'],
    ['64:ff9b::169.254.169.254', "a link-local address, the cloud's metadata service"],
    ['fe80::1', 'a link-local address'],
    ['fe80::1%eth0', 'a link-local address'],
    ['febf:ffff::', 'a link-local address'],
    ['fd00:ec2::254', "the cloud's metadata service"],
    ['0.0.0.0', 'an unspecified address'],
    ['0.255.255.255', 'an unspecified address'],
    ['::', 'an unspecified address'],
    ['::ffff:0.0.0.0', 'an unspecified address'],
    ['64:ff9b::', 'an unspecified address'],
    ['224.0.0.1', 'a multicast address'],
    ['239.255.255.255', 'a multicast address'],
    ['ff02::1', 'a multicast address'],
    ['64:ff9b::e000:1', 'a multicast address'],
    ['255.255.255.255', 'the broadcast address'],
    ['::ffff:255.255.255.255', 'the broadcast address'],
    ['240.0.0.1', 'a reserved address'],
    ['255.255.255.254', 'a reserved address'],
    ['fd00:ec2::23', "the cloud's metadata service"],
    ['FD00:0EC2:0:0:0:0:0:0023', "the cloud's metadata service"],
    ['fd00:ec2::0.0.0.35', "the cloud's metadata service"],
    ['fd20:ce::254', "the cloud's metadata service"],
    ['fd00:c1::a9fe:a9fe', "the cloud's metadata service"],
    ['fd00:42::42', "the cloud's metadata service"],
    ['100.100.100.200', "the cloud's metadata service"],
    ['192.0.0.192', "the cloud's metadata service"],
    ['168.63.129.16', "the cloud's metadata service"],
    ['::ffff:100.100.100.200', "the cloud's metadata service"],
    ['64:ff9b::100.100.100.200', "the cloud's metadata service"],
    ['64:ff9b:1::', 'a local NAT64 address'],
    ['64:ff9b:1::a9fe:a9fe', 'a local NAT64 address'],
    ['64:ff9b:1:ffff:ffff:ffff:ffff:ffff', 'a local NAT64 address'],
    ['::ffff:0:169.254.169.254', 'an IPv4-translated address'],
    ['::ffff:0:10.0.0.5', 'an IPv4-translated address'],
    ['0:0:0:0:FFFF:0:A00:5', 'an IPv4-translated address'],
    ['::10.0.0.5', 'an IPv4-compatible address'],
    ['::a9fe:a9fe', 'an IPv4-compatible address'],
    ['::2', 'an IPv4-compatible address'],
    ['::127.0.0.1', 'an IPv4-compatible address'],
    ['2002:a9fe:a9fe::', "a link-local address, the cloud's metadata service"],
    ['2002:a9fe:a9fe:1:2:3:4:5', "a link-local address, the cloud's metadata service"],
    ['2002::1', 'an unspecified address'],
    ['2002:e000:1::1', 'a multicast address'],
    ['2002:6464:64c8::1', "the cloud's metadata service"],
    // The client 169.254.169.254 with all bits inverted, behind the server 65.54.227.120 (RFC 4380, 2.7).
    ['2001:0:4136:e378:8000:63bf:5601:5601', "a link-local address, the cloud's metadata service"],
    ['2001::ffff:ffff', 'an unspecified address'],
    ['2001:0:a9fe:101::f5ff:fffa', 'a link-local address'],
  ])('%s: %s', (text, what) => {
    expect(forbiddenTarget(ip(text))).toBe(what);
  });

  test.each([
    '1.0.0.0',
    '10.0.0.5',
    '127.0.0.1',
    '169.253.255.255',
    '169.255.0.0',
    '223.255.255.255',
    '::1',
    'fd00:ec2::253',
    'fe7f:ffff::1',
    'fec0::1',
    'feff::1',
    '2001:db8::1',
    '64:ff9b::10.0.0.5',
    '64:ff9b:0:0:0:1:a9fe:a9fe',
    '64:ff9b:2::a9fe:a9fe',
    '::1:0:0',
    '::1:ffff:0:a00:5',
    '2002:a00:5::1',
    '2003:a9fe:a9fe::1',
    '2001:0:4136:e378:8000:63bf:f5ff:fffa',
    '2001:1::5601:5601',
    'fd20:ce::253',
    '100.100.100.201',
    '192.0.0.193',
  ])('but %s may be', (text) => {
    expect(forbiddenTarget(ip(text))).toBeUndefined();
  });
});

test.each([
  ['127.0.0.0', true],
  ['127.255.255.255', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['64:ff9b::127.0.0.1', true],
  ['2002:7f00:1::1', true],
  ['2001:0:4136:e378::80ff:fffe', true],
  ['126.255.255.255', false],
  ['128.0.0.0', false],
  ['255.0.0.1', false],
  ['::', false],
  ['::127.0.0.1', false],
  ['2001:db8::7f00:1', false],
])('%s is loopback: %s', (text, expected) => {
  expect(isLoopback(ip(text))).toBe(expected);
});

test.each([
  ['localhost', true],
  ['LOCALHOST.', true],
  ['db.localhost', true],
  ['mylocalhost', false],
  ['localhost.example.org', false],
  ['.localhost', false],
])('the name %s is localhost: %s', (host, expected) => {
  expect(isLocalhost(host)).toBe(expected);
});

test.each([
  ['64:ff9b::192.0.2.1', ['64:ff9b::c000:201', '192.0.2.1']],
  ['2002:c000:201::9', ['2002:c000:201::9', '192.0.2.1']],
  ['2001:0:4136:e378:8000:63bf:3fff:fdd2', ['2001:0:4136:e378:8000:63bf:3fff:fdd2', '192.0.2.45', '65.54.227.120']],
  ['64:ff9b:1::192.0.2.1', ['64:ff9b:1::c000:201']],
  ['192.0.2.1', ['192.0.2.1']],
  ['2001:db8::1', ['2001:db8::1']],
])('%s may reach %j', (text, expected) => {
  expect(meanings(ip(text)).map(formatIp)).toEqual(expected);
});
