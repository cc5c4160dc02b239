import { describe, expect, test } from 'vitest';
import { hostOf } from '../../src/base/host.ts';
import type { MachineFacts, OwnAddress } from '../../src/base/machine-facts.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { OwnAddresses } from '../../src/upstream/own-addresses.ts';
import { targetGuard } from '../../src/upstream/target-guard.ts';
import { gatewayMachine, plan } from '../plan/planning.ts';

const readAddresses = (): MachineFacts['addresses'] => gatewayMachine.addresses;
const readNetworks = (): readonly string[] => gatewayMachine.localNetworks;

const ownOf = (planned: Plan) => new OwnAddresses(planned, { readAddresses, readNetworks });

/** The whole sentence about an address, or nothing; `host` is an address or a name. */
function checkOf(planned: Plan, own = ownOf(planned)) {
  const guard = targetGuard(planned, own);
  return (address: string, port: number, host: string) => guard.check({ address, port }, hostOf(host));
}

/** The same without the sentence around it. */
function guardOf(planned: Plan) {
  const check = checkOf(planned);
  return (address: string, port: number, host: string) =>
    / leads to \S+, (.*); name another target$/.exec(check(address, port, host) ?? '')?.[1];
}

const forwards = (...rules: readonly string[]) => guardOf(plan({ command: 'forward', forwards: rules }));
const gateway = guardOf(plan());
const wildcard = "this gateway's own listener (forward 8080)";

test('the reason is a sentence', () => {
  const check = checkOf(plan({ command: 'forward', forwards: ['8080=web.internal:80'] }));
  expect(check('fe80::1', 80, 'web.internal')).toBe(
    'Cannot dial web.internal: it leads to [fe80::1]:80, a link-local address; name another target',
  );
});

describe('a name that leads to', () => {
  test.each([
    ['169.254.169.254', 80, "a link-local address, the cloud's metadata service"],
    ['::ffff:169.254.1.1', 80, 'a link-local address'],
    ['64:ff9b::a9fe:101', 80, 'a link-local address'],
    ['fe80::1%eth0', 80, 'a link-local address'],
    ['fd00:ec2::254', 80, "the cloud's metadata service"],
    ['0.0.0.0', 80, 'an unspecified address'],
    ['::', 80, 'an unspecified address'],
    ['224.0.0.1', 80, 'a multicast address'],
    ['255.255.255.255', 80, 'the broadcast address'],
    ['127.0.0.1', 80, 'a loopback address, which only localhost may lead to'],
    ['127.9.9.9', 80, 'a loopback address, which only localhost may lead to'],
    ['::1', 80, 'a loopback address, which only localhost may lead to'],
    ['::ffff:127.0.0.1', 80, 'a loopback address, which only localhost may lead to'],
    ['64:ff9b::7f00:1', 80, 'a loopback address, which only localhost may lead to'],
    ['192.168.20.17', 8080, wildcard],
    ['::ffff:192.168.20.17', 8080, wildcard],
    ['64:ff9b::c0a8:1411', 8080, wildcard],
    ['192.168.20.255', 80, 'the broadcast address of the network of ens3'],
    ['64:ff9b::c0a8:14ff', 80, 'the broadcast address of the network of ens3'],
    ['64:ff9b:1::a00:5', 80, 'a local NAT64 address'],
    ['::10.0.0.5', 80, 'an IPv4-compatible address'],
    ['::ffff:0:10.0.0.5', 80, 'an IPv4-translated address'],
    ['2002:a9fe:a9fe::1', 80, "a link-local address, the cloud's metadata service"],
    ['2001:0:4136:e378::80ff:fffe', 80, 'a loopback address, which only localhost may lead to'],
    ['2002:c0a8:1411::1', 8080, wildcard],
    ['fd20:ce::254', 80, "the cloud's metadata service"],
    ['192.168.20.17', 80, undefined],
    ['192.168.20.18', 8080, undefined],
    ['10.0.0.5', 8080, undefined],
    ['2001:db8::1', 8080, undefined],
    ['nonsense', 80, 'no address'],
  ])('%s, port %i: %s', (address, port, expected) => {
    expect(forwards('8080=web.internal:80')(address, port, 'web.internal')).toBe(expected);
  });
});

test.each([
  ['127.0.0.1', 8080, wildcard],
  ['::1', 8080, wildcard],
  ['127.0.0.1', 80, undefined],
  ['::1', 80, undefined],
  ['169.254.169.254', 80, "a link-local address, the cloud's metadata service"],
])('localhost that leads to %s, port %i: %s', (address, port, expected) => {
  const guard = forwards('8080=localhost:80');
  for (const host of ['localhost', 'db.localhost', 'LocalHost.']) expect(guard(address, port, host)).toBe(expected);
});

describe('own listeners', () => {
  test.each([
    ['0.0.0.0:8080', '192.168.20.17', 'own'],
    ['0.0.0.0:8080', '::1', undefined],
    ['[::]:8080', '::1', 'own'],
    ['[::]:8080', '127.0.0.1', undefined],
    ['127.0.0.1:8080', '127.0.0.1', 'own'],
    ['127.0.0.1:8080', '127.0.0.2', undefined],
    ['192.168.20.17:8080', '192.168.20.17', 'own'],
    ['192.168.20.17:8080', '127.0.0.1', undefined],
    ['203.0.113.9:8080', '203.0.113.9', 'own'],
  ])('%s, and localhost leads to %s: %s', (listen, address, expected) => {
    const own = expected && `this gateway's own listener (forward ${listen})`;
    expect(forwards(`${listen}=localhost:80`)(address, 8080, 'localhost')).toBe(own);
  });

  test('of a service are named', () => {
    expect(gateway('192.168.20.17', 30_016, 'web.internal')).toBe("this gateway's own listener (service ssh)");
    expect(gateway('192.168.20.17', 30_255, 'web.internal')).toBeUndefined();
  });
});

test('addresses of the plan pass: it has checked them', () => {
  const guard = forwards('8080=web.internal:80');
  for (const host of ['127.0.0.1', '::1', '169.254.1.1', '192.168.20.17', '192.168.20.255']) {
    expect(guard(host, 80, host)).toBeUndefined();
  }
});

describe('an address that has come since the plan', () => {
  const planned = plan({ command: 'forward', forwards: ['8080=10.0.0.5:8080', '9000=web.internal:80'] });
  const loop = "Cannot dial 10.0.0.5:8080: that is this gateway's own listener (forward 8080); name another target";

  /** A guard over what the machine has, and how often that was read. */
  function watched() {
    const seen = { addresses: [...gatewayMachine.addresses] as OwnAddress[], reads: 0, now: 0 };
    const own = new OwnAddresses(planned, {
      readAddresses: () => {
        seen.reads += 1;
        return seen.addresses;
      },
      readNetworks: () => [],
      clock: () => seen.now,
    });
    return { guard: checkOf(planned, own), seen };
  }
  const vip: OwnAddress = { interface: 'ens3', address: '10.0.0.5', family: 4, prefix: 24 };

  test('is our own, for an address and for a name, within five seconds', () => {
    const { guard, seen } = watched();
    expect(guard('10.0.0.5', 8080, '10.0.0.5')).toBeUndefined();
    seen.addresses.push(vip);
    seen.now = 5000;
    expect(guard('10.0.0.5', 8080, '10.0.0.5')).toBe(loop);
    expect(guard('10.0.0.5', 9000, 'web.internal')).toContain("this gateway's own listener (forward 9000)");
    expect(guard('10.0.0.255', 80, 'web.internal')).toContain('the broadcast address of the network of ens3');
    expect(guard('10.0.0.5', 80, '10.0.0.5')).toBeUndefined();
  });

  test('and was removed again is not', () => {
    const { guard, seen } = watched();
    seen.addresses.push(vip);
    expect(guard('10.0.0.5', 8080, '10.0.0.5')).toBe(loop);
    seen.addresses.pop();
    seen.now = 5000;
    expect(guard('10.0.0.5', 8080, '10.0.0.5')).toBeUndefined();
  });

  test('is read every five seconds at most, and never for an address with a port of others', () => {
    const { guard, seen } = watched();
    for (const _ of Array(50)) guard('10.0.0.5', 80, '10.0.0.5');
    expect(seen.reads).toBe(0);
    for (seen.now = 0; seen.now < 10_000; seen.now += 100) guard('10.0.0.5', 8080, '10.0.0.5');
    expect(seen.reads).toBe(2);
  });

  test('is not known where addresses cannot be read: those at start hold', () => {
    const { guard, seen } = watched();
    seen.addresses = [];
    expect(guard('192.168.20.17', 8080, '192.168.20.17')).toContain('that is this gateway');
    expect(guard('10.0.0.5', 8080, '10.0.0.5')).toBeUndefined();
  });
});

test('public addresses lead to our own listeners, loopback ones left out', () => {
  const flags = { 'public-address': '203.0.113.7' };
  const forwards = ['8080=web.internal:80', '127.0.0.1:9000=web.internal:80'];
  const guard = guardOf(plan({ command: 'forward', forwards, flags }));
  expect(guard('203.0.113.7', 8080, 'web.internal')).toBe(wildcard);
  expect(guard('203.0.113.7', 9000, 'web.internal')).toBeUndefined();
  expect(guard('203.0.113.8', 8080, 'web.internal')).toBeUndefined();
});

test('networks that the kernel routes as local are ours', () => {
  const planned = plan({ command: 'forward', forwards: ['8080=web.internal:80'] });
  const own = new OwnAddresses(planned, { readAddresses: () => [], readNetworks: () => ['10.9.0.0/16'] });
  const guard = checkOf(planned, own);
  expect(guard('10.9.3.4', 8080, 'web.internal')).toContain('own listener');
  expect(guard('10.8.3.4', 8080, 'web.internal')).toBeUndefined();
});

describe('what was connected', () => {
  const planned = plan({ command: 'forward', forwards: ['8080=10.0.0.5:8080', '127.0.0.1:9000=10.0.0.5:9000'] });
  const guard = targetGuard(planned, ownOf(planned));
  const at = (address: string, port: number) => ({ address, port });

  test('is checked where its port is one of ours', () => {
    expect([8080, 9000, 80].map((port) => guard.watches(port))).toEqual([true, true, false]);
  });

  test.each([
    ['10.0.0.5', '10.0.0.5', 8080, 'own listener (forward 8080)'],
    ['fd00::5', 'fd00::5', 8080, 'own listener (forward 8080)'],
    ['192.168.20.17', '10.0.0.5', 8080, undefined],
    ['10.0.0.5', '10.0.0.5', 9000, undefined],
    ['127.0.0.1', '127.0.0.1', 9000, 'own listener (forward 127.0.0.1:9000)'],
    ['', '', 8080, undefined],
  ])('from %s to %s, port %i: %s', (local, remote, port, expected) => {
    const refusal = guard.checkConnected(at(local, 40_000), at(remote, port), { address: '10.0.0.5' });
    if (expected === undefined) expect(refusal).toBeUndefined();
    else expect(refusal).toContain(expected);
  });
});

test('another plan has other listeners and public addresses', () => {
  const planned = plan({ command: 'forward', forwards: ['8080=web.internal:80'] });
  const guard = targetGuard(planned, ownOf(planned));
  const check = (address: string, port: number) => guard.check({ address, port }, { name: 'web.internal' });
  const loops = () => [
    [check('192.168.20.17', 8080), check('192.168.20.17', 9000), check('203.0.113.7', 9000)].map(
      (why) => why !== undefined,
    ),
    [8080, 9000].map((port) => guard.watches(port)),
  ];
  expect(loops()).toEqual([
    [true, false, false],
    [true, false],
  ]);
  guard.update(
    plan({ command: 'forward', forwards: ['9000=web.internal:80'], flags: { 'public-address': '203.0.113.7' } }),
  );
  expect(loops()).toEqual([
    [false, true, true],
    [false, true],
  ]);
});
