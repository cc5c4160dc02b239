import { expect, test } from 'vitest';
import { hostOf, hostText } from '../../src/base/host.ts';

test.each(['10.0.0.5', '::1', 'fe80::1%eth0', '2001:db8::17'])('%s is an address', (address) => {
  expect(hostOf(address)).toEqual({ address });
  expect(hostText({ address })).toBe(address);
});

test.each(['web1', 'localhost', 'host.example', 'a.b-1', 'x.2y', 'h.'])('%s is a name', (name) => {
  expect(hostOf(name)).toEqual({ name });
  expect(hostText({ name })).toBe(name);
});
