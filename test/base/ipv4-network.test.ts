import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noNetwork, readIpv4Network } from '../../src/base/ipv4-network.ts';
import { parseNetwork } from '../../src/config/networks.ts';

test.each([
  ['0.0.0.0/0', 0],
  ['10.0.0.0/8', 10 * 2 ** 24 * 64 + 8],
  ['255.255.255.255/32', (2 ** 32 - 1) * 64 + 32],
])('%s', (text, read) => {
  expect(readIpv4Network(text)).toBe(read);
});

test.each([
  '',
  '/',
  '10.0.0.0',
  '10.0.0.0/',
  '10.0.0.0/33',
  '10.0.0.0/08',
  '10.0.0.0/8 ',
  ' 10.0.0.0/8',
  '10.0.0.0/8/8',
  '10.0.0/8',
  '10.0.0.0.0/8',
  '10..0.0/8',
  '010.0.0.0/8',
  '10.0.0.1/8',
  '256.0.0.0/8',
  '1000.0.0.0/8',
  '-1.0.0.0/8',
  '::/0',
  '1\u0660.0.0.0/8',
])('%j is refused', (text) => {
  expect(readIpv4Network(text)).toBe(noNetwork);
});

test('it reads the networks that parseNetwork leaves as they are, and no others', () => {
  const octet = fc.oneof(fc.integer({ min: 0, max: 260 }).map(String), fc.constantFrom('00', '01', ''));
  const text = fc
    .tuple(octet, octet, octet, octet, fc.integer({ min: 0, max: 34 }))
    .map(([a, b, c, d, prefix]) => `${a}.${b}.${c}.${d}/${prefix}`);
  fc.assert(
    fc.property(text, (network) => {
      const slow = parseNetwork(network);
      expect(readIpv4Network(network) !== noNetwork).toBe(slow.ok && slow.network === network);
    }),
  );
});
