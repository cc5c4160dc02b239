import { describe, expect, test } from 'vitest';
import type { PlannedPool } from '../../src/plan/plan.ts';
import { plan } from './planning.ts';

function poolOf(yaml: string): PlannedPool {
  const pool = plan({ yaml }).listeners[0]?.pool;
  if (pool === undefined) throw new Error('there is no listener');
  return pool;
}

test('a forward has one pool, which its listeners share', () => {
  const { listeners } = plan({
    yaml: `bind: [127.0.0.1, "::1"]
forwards:
  - listen: 8080
    to: [a:1, { target: b:2, weight: 3 }, { target: c:3, backup: true }]
    balance: leastconn
    health: { interval: 1s }
`,
  });
  expect(listeners.map(({ key }) => key)).toEqual(['127.0.0.1:8080', '[::1]:8080']);
  expect(listeners[0]?.pool).toEqual({
    name: '8080',
    balance: 'leastconn',
    targets: [
      { host: 'a', port: 1, weight: 1, tier: 'primary', proxyProtocol: 'off' },
      { host: 'b', port: 2, weight: 3, tier: 'primary', proxyProtocol: 'off' },
      { host: 'c', port: 3, weight: 1, tier: 'backup', proxyProtocol: 'off' },
    ],
    health: { interval: 1000, rise: 2, fall: 3 },
  });
  expect(listeners[1]?.pool).toBe(listeners[0]?.pool);
});

test('each host of a service has one, with a name of its own', () => {
  const { listeners } = plan({
    yaml: `bind: [127.0.0.1, "::1"]
gateway: { hosts: 1-2, services: { ssh: { base: 30000, port: 22, health: {} }, web: { base: 31000, port: 80 } } }`,
  });
  expect(listeners.map(({ pool }) => pool.name)).toEqual([
    ...['ssh/1', 'ssh/1', 'ssh/2', 'ssh/2'],
    ...['web/1', 'web/1', 'web/2', 'web/2'],
  ]);
  expect(listeners[1]?.pool).toBe(listeners[0]?.pool);
  expect(listeners[2]?.pool).toEqual({
    name: 'ssh/2',
    balance: 'roundrobin',
    targets: [{ host: '192.168.20.2', port: 22, weight: 1, tier: 'primary', proxyProtocol: 'off' }],
    health: { interval: 5000, rise: 2, fall: 3 },
  });
  expect(listeners[4]?.pool).not.toHaveProperty('health');
});

describe('PROXY headers sent', () => {
  test.each([
    ['', '', 'off'],
    ['proxyProtocol: v1', '', 'v1'],
    ['proxyProtocol: v1', 'proxyProtocol: v2,', 'v2'],
    ['proxyProtocol: v1', 'proxyProtocol: off,', 'off'],
  ])('global %j, own %j: %s', (global, own, expected) => {
    const forward = poolOf(`${global}\nforwards: [{ listen: 8080, ${own} to: a:1 }]`);
    expect(forward.targets[0].proxyProtocol).toBe(expected);
    const service = poolOf(`${global}\ngateway: { services: { ssh: { base: 30000, ${own} port: 22 } } }`);
    expect(service.targets[0].proxyProtocol).toBe(expected);
  });

  test("a target's own word counts before all", () => {
    const { targets } = poolOf(
      'proxyProtocol: v1\nforwards: [{ listen: 8080, proxyProtocol: v2, to: [{ target: a:1, proxyProtocol: off ' +
        '}, b:2] }]',
    );
    expect(targets.map(({ proxyProtocol }) => proxyProtocol)).toEqual(['off', 'v2']);
  });
});

test('own addresses are listed once each', () => {
  const address = { address: '10.1.0.4', family: 4, prefix: 24 } as const;
  const facts = {
    localNetworks: ['127.0.0.0/8', '10.1.0.4', '10.1.0.5'],
    addresses: [
      { interface: 'eth0', ...address },
      { interface: 'eth1', ...address },
    ],
  };
  expect(plan({ facts, command: 'forward', forwards: ['8080=a:1'] }).ownAddresses).toEqual([
    '10.1.0.4',
    '127.0.0.0/8',
    '10.1.0.5',
  ]);
});
