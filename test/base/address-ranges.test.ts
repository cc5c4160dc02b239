import { expect, test } from 'vitest';
import { AddressRanges } from '../../src/base/address-ranges.ts';
import { type Ip, parseIp } from '../../src/base/ip.ts';

const ranges = new AddressRanges([
  '10.9.0.0/16',
  '10.9.3.0/24',
  '192.0.2.7',
  '255.255.255.255',
  '2001:db8:9::/48',
  'fe80::1%eth0',
  '::1/128',
  'nonsense',
]);

test.each([
  ['10.8.255.255', false],
  ['10.9.0.0', true],
  ['10.9.3.4', true],
  ['10.9.255.255', true],
  ['10.10.0.0', false],
  ['192.0.2.6', false],
  ['192.0.2.7', true],
  ['192.0.2.8', false],
  ['255.255.255.255', true],
  ['0.0.0.0', false],
  ['2001:db8:9::', true],
  ['2001:db8:9:ffff:ffff:ffff:ffff:ffff', true],
  ['2001:db8:a::', false],
  ['fe80::1', true],
  ['fe80::2', false],
  ['::1', true],
  ['::ffff:192.0.2.7', true],
])('%s: %s', (text, expected) => {
  expect(ranges.has(parseIp(text) as Ip)).toBe(expected);
});

test('an empty list has nothing', () => {
  expect(new AddressRanges([]).has(0)).toBe(false);
  expect(new AddressRanges([]).has(0n)).toBe(false);
});
