import { expect, test } from 'vitest';
import { canMakeIpv6Sockets, isMissing, probeAddress } from '../../src/base/probe-address.ts';

test('an address of this machine can be bound; the answer comes at once', () => {
  expect(probeAddress('127.0.0.1')).toBeUndefined();
  expect(probeAddress('0.0.0.0')).toBeUndefined();
  expect(isMissing('127.0.0.1')).toBe(false);
});

test.each(['203.0.113.77', 'fe80::1%no-such-device'])('%s is on no interface', (address) => {
  expect(isMissing(address)).toBe(true);
});

test('what makes no socket is no lack of an address', () => {
  expect(isMissing('10.0.0.1', () => 'EMFILE')).toBe(false);
});

test.each([
  [undefined, true],
  // Sockets can be made, though no interface takes part in IPv6 (net.ipv6.conf.lo.disable_ipv6).
  ['EADDRNOTAVAIL', true],
  ['EAFNOSUPPORT', false],
  ['EPERM', false],
])('IPv6 sockets where the probe fails with %s: %s', (why, can) => {
  expect(canMakeIpv6Sockets(() => why)).toBe(can);
});
