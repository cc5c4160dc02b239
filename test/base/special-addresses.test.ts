import { describe, expect, test } from 'vitest';
import { formatIp, type Ip, parseIp } from '../../src/base/ip.ts';
import { beyondNat64, forbiddenTarget, isLocalhost, isLoopback } from '../../src/base/special-addresses.ts';

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
    '::2',
    'fd00:ec2::253',
    'fe7f:ffff::1',
    'fec0::1',
    'feff::1',
    '2001:db8::1',
    '64:ff9b::10.0.0.5',
    '64:ff9b:0:0:0:1:a9fe:a9fe',
    '64:ff9b:1::a9fe:a9fe',
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
  ['64:ff9b::192.0.2.1', '192.0.2.1'],
  ['64:ff9b:1::192.0.2.1', '64:ff9b:1::c000:201'],
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
])('%s leads to %s', (text, expected) => {
  expect(formatIp(beyondNat64(ip(text)))).toBe(expected);
});
