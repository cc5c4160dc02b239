import { expect, test } from 'vitest';
import type { OwnAddress } from '../../src/base/machine-facts.ts';
import { OwnAddresses } from '../../src/upstream/own-addresses.ts';

const loopback = 0x7f00_0001;
const eth0: OwnAddress = { interface: 'eth0', address: '192.0.2.7', family: 4, prefix: 24 };
const [own, dockers, floating, foreign] = [0xc000_0207, 0xac11_0001, 0xcb00_7107, 0x0a00_0005];
const planned = { ownAddresses: ['192.0.2.7', '127.0.0.0/8'], publicAddresses: ['203.0.113.7'] };

/** Reads take `duration` milliseconds by a clock of their own. */
function watched(duration = 0) {
  const seen = { addresses: [eth0], networks: ['192.0.2.7', '127.0.0.0/8'], reads: 0, now: 0 };
  const addresses = new OwnAddresses(planned, {
    readAddresses: () => {
      seen.reads += 1;
      seen.now += duration;
      return seen.addresses;
    },
    readNetworks: () => seen.networks,
    clock: () => seen.now,
  });
  return { addresses, seen };
}

test('are those of interfaces, what the kernel routes as local, and public ones', () => {
  const { addresses, seen } = watched();
  seen.networks = ['172.17.0.1'];
  expect([own, dockers, floating, foreign].map((ip) => addresses.has(ip))).toEqual([true, true, true, false]);
  expect(addresses.networkOfBroadcast('192.0.2.255')).toBe('eth0');
  expect(addresses.networkOfBroadcast('192.0.2.254')).toBeUndefined();
});

test('loopback is ours, and not at which others reach us', () => {
  const { addresses } = watched();
  expect(addresses.has(loopback)).toBe(true);
  expect([loopback, 1n, own, floating].map((ip) => addresses.hasBeyondLoopback(ip))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

test('are those at start where nothing can be read', () => {
  const { addresses, seen } = watched();
  seen.addresses = [];
  seen.networks = [];
  expect([own, floating, dockers].map((ip) => addresses.has(ip))).toEqual([true, true, false]);
});

test('are read again after five seconds, or when one is found that was not known', () => {
  const { addresses, seen } = watched();
  for (seen.now = 0; seen.now < 10_000; seen.now += 100) addresses.has(foreign);
  expect(seen.reads).toBe(2);
  seen.networks = ['172.17.0.1'];
  seen.now -= 1;
  expect(addresses.has(dockers)).toBe(false);
  addresses.forget();
  expect(addresses.has(dockers)).toBe(true);
  expect(seen.reads).toBe(3);
});

test('are read the less often the longer that takes: a 500th of the time', () => {
  const { addresses, seen } = watched(1_000);
  for (seen.now = 0; seen.now < 1_000_000; seen.now += 1_000) addresses.has(foreign);
  expect(seen.reads).toBe(2);
});

test('follow another plan at once: public addresses, and those of the plan where nothing can be read', () => {
  const { addresses, seen } = watched();
  expect([floating, foreign].map((ip) => addresses.has(ip))).toEqual([true, false]);
  addresses.update({ ownAddresses: [], publicAddresses: ['10.0.0.5'] });
  expect([own, floating, foreign].map((ip) => addresses.has(ip))).toEqual([true, false, true]);
  expect(seen.reads).toBe(2);
  seen.addresses = [];
  seen.networks = [];
  addresses.update({ ownAddresses: ['172.17.0.1'], publicAddresses: [] });
  expect([own, dockers, foreign].map((ip) => addresses.has(ip))).toEqual([false, true, false]);
});
