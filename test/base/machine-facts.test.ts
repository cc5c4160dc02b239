import { closeSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  broadcastOf,
  effectiveCapability,
  parseDescriptorLimit,
  readMachineFacts,
} from '../../src/base/machine-facts.ts';
import { parseRoutes } from '../../src/base/routes.ts';

const routeTable = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
ens3	00000000	0114A8C0	0003	0	0	100	00000000	0	0	0
ens3	0014A8C0	00000000	0001	0	0	100	00FFFFFF	0	0	0
ens4	0000000A	00000000	0000	0	0	0	000000FF	0	0	0
*	0000000A	00000000	0201	0	0	0	000000FF	0	0	0
nonsense
`;

test('reads the route table; routes that are down or reject are left out', () => {
  expect(parseRoutes(routeTable, 'LE')).toEqual([
    { interface: 'ens3', destination: '0.0.0.0', prefix: 0, metric: 100 },
    { interface: 'ens3', destination: '192.168.20.0', prefix: 24, metric: 100 },
  ]);
});

test('a big-endian machine prints its words the other way round', () => {
  const [route] = parseRoutes('head\neth0\tC0A81400\t00000000\t0001\t0\t0\t0\tFFFFFF00\t0\t0\t0\n', 'BE');
  expect(route).toMatchObject({ destination: '192.168.20.0', prefix: 24 });
});

test.each([
  ['Max open files            1024                 524288               files     \n', 1024],
  ['Max cpu time unlimited unlimited\nMax open files            unlimited  unlimited  files\n', 1_048_576],
  ['', undefined],
])('reads the soft descriptor limit', (text, limit) => {
  expect(parseDescriptorLimit(text)).toBe(limit);
});

test('finds CAP_NET_BIND_SERVICE among the effective capabilities', () => {
  expect(effectiveCapability('CapPrm:\t0000000000000400\nCapEff:\t0000000000000000\n', 10n)).toBe(false);
  expect(effectiveCapability('CapEff:\t0000000000000400\n', 10n)).toBe(true);
  expect(effectiveCapability('CapEff:\t000001fffeffffff\n', 10n)).toBe(true);
  expect(effectiveCapability('', 10n)).toBe(false);
});

test.each([
  ['192.168.20.17', 4, 24, '192.168.20.255'],
  ['10.1.2.3', 4, 9, '10.127.255.255'],
  ['10.0.0.5', 4, 30, '10.0.0.7'],
  ['10.0.0.5', 4, 31, undefined],
  ['10.0.0.5', 4, 32, undefined],
  ['2001:db8::1', 6, 64, undefined],
] as const)('the network of %s (IPv%i), /%i, has the broadcast address %s', (address, family, prefix, expected) => {
  expect(broadcastOf({ interface: 'eth0', address, family, prefix })).toBe(expected);
});

describe('this machine', () => {
  test('facts are a plain value', () => {
    const facts = readMachineFacts({ usable: true });
    expect(structuredClone(facts)).toEqual(facts);
    expect(facts.platform).toBe(process.platform);
    expect(facts.descriptors.limit).toBeGreaterThan(facts.descriptors.open);
  });

  test.runIf(process.platform === 'linux')('knows its loopback address and counts its descriptors', () => {
    const before = readMachineFacts({ usable: true });
    expect(before.addresses).toContainEqual({ interface: 'lo', address: '127.0.0.1', family: 4, prefix: 8 });
    expect(before.descriptors.source).toBe('proc');
    const descriptors = Array.from({ length: 5 }, () => openSync('/dev/null', 'r'));
    const after = readMachineFacts({ usable: true });
    for (const descriptor of descriptors) closeSync(descriptor);
    expect(after.descriptors.open - before.descriptors.open).toBe(5);
    expect(readMachineFacts({ usable: true }, 3).descriptors.open).toBe(3);
  });
});
