import { describe, expect, test } from 'vitest';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { load } from '../config/load.ts';
import { gatewayMachine, plan, planProblems, shown } from './planning.ts';

describe('mapping', () => {
  test('the tutorial: 254 hosts times three services, the own address included', () => {
    const { listeners, subnet, services } = plan();
    expect(listeners).toHaveLength(762);
    expect(new Set(listeners.map(({ key }) => key)).size).toBe(762);
    expect(subnet).toBe('192.168.20.0/24');
    expect(services).toEqual([
      { name: 'ssh', base: 30_000, port: 22 },
      { name: 'http', base: 31_000, port: 80 },
      { name: 'https', base: 32_000, port: 443 },
    ]);
    expect(listeners[15]).toEqual({
      key: '[::]:30016',
      kind: 'service',
      name: 'ssh',
      host: 16,
      bind: { address: '::', port: 30_016, dualStack: true },
      rules: 'service ssh',
      pool: {
        name: 'ssh/16',
        balance: 'roundrobin',
        targets: [{ address: '192.168.20.16', port: 22, weight: 1, tier: 'primary', proxyProtocol: 'off' }],
      },
    });
    expect(listeners.map(shown)).toContain('[::]:32017 -> 192.168.20.17:443');
    expect(listeners.map(shown)).toContain('[::]:31254 -> 192.168.20.254:80');
  });

  test.each([
    ['3', [3]],
    ['1-2,5', [1, 2, 5]],
    ['5,1-3,2-4', [1, 2, 3, 4, 5]],
    ['0-2', [1, 2]],
    ['253-255', [253, 254]],
  ])('--hosts %s', (hosts, expected) => {
    const { listeners } = plan({ flags: { hosts, service: 'ssh=30000:22' } });
    expect(listeners.map(({ host }) => host)).toEqual(expected);
  });

  test.each([
    ['2', [1, 3, 4, 5]],
    ['2-4', [1, 5]],
    ['192.168.20.1,4-200', [2, 3]],
    ['0,255', [1, 2, 3, 4, 5]],
  ])('--skip %s', (skip, expected) => {
    const { listeners } = plan({ flags: { hosts: '1-5', skip, service: 'ssh=30000:22' } });
    expect(listeners.map(({ host }) => host)).toEqual(expected);
  });

  test('a larger network: 254 hosts, and a note that names the flag', () => {
    const { listeners, notes } = plan({ flags: { subnet: '10.0.0.0/16' } });
    expect(listeners).toHaveLength(762);
    expect(notes).toEqual(['Only hosts 1 to 254 of 10.0.0.0/16 are mapped, of 65534; name more with --hosts']);
  });

  test('a larger network whose hosts are named gets no note', () => {
    const { listeners, notes } = plan({ flags: { subnet: '10.0.0.0/16', hosts: '300-302', service: 'ssh=30000:22' } });
    expect(listeners.map(shown)).toEqual([
      '[::]:30300 -> 10.0.1.44:22',
      '[::]:30301 -> 10.0.1.45:22',
      '[::]:30302 -> 10.0.1.46:22',
    ]);
    expect(notes).toEqual([]);
  });

  test('a smaller network has fewer hosts', () => {
    expect(plan({ flags: { subnet: '10.0.0.64/29' } }).listeners).toHaveLength(18);
    expect(plan({ flags: { subnet: '10.0.0.4/30', service: 'ssh=30000:22' } }).listeners.map(shown)).toEqual([
      '[::]:30001 -> 10.0.0.5:22',
      '[::]:30002 -> 10.0.0.6:22',
    ]);
  });
});

describe('sockets', () => {
  const flags = { hosts: '1', service: 'ssh=30000:22' };

  test.each([
    ['0.0.0.0,::', true, ['[::]:30001'], true],
    ['::,0.0.0.0', true, ['[::]:30001'], true],
    ['::', true, ['[::]:30001'], false],
    ['0.0.0.0', true, ['0.0.0.0:30001'], false],
    ['127.0.0.1,::1', true, ['127.0.0.1:30001', '[::1]:30001'], false],
    ['127.0.0.1,::', true, ['127.0.0.1:30001', '[::]:30001'], false],
    ['0.0.0.0,::', false, ['0.0.0.0:30001'], false],
  ])('--bind %s, IPv6 %s', (bind, ipv6, keys, dualStack) => {
    const { listeners, notes } = plan({ flags: { ...flags, bind }, facts: { ipv6 } });
    expect(listeners.map(({ key }) => key)).toEqual(keys);
    expect(listeners.every((listener) => listener.bind.dualStack === dualStack)).toBe(true);
    expect(notes).toEqual(ipv6 ? [] : ['This machine has no IPv6: listening on 0.0.0.0 only']);
  });

  test.each([
    ['::', false, ['--bind: Cannot bind ::: this machine has no IPv6; bind an IPv4 address']],
    ['::1', false, ['--bind: Cannot bind ::1: this machine has no IPv6; bind an IPv4 address']],
    ['::1,0:0::1', true, ['--bind: Cannot bind ::1 twice: it is in the list already; leave one of them out']],
    [
      '0.0.0.0,10.0.0.1',
      true,
      ['--bind: Cannot bind 10.0.0.1 beside 0.0.0.0: 0.0.0.0 takes its ports already; leave one of them out'],
    ],
  ])('--bind %s, IPv6 %s: a problem, once', (bind, ipv6, expected) => {
    expect(planProblems({ flags: { ...flags, bind }, facts: { ipv6 } })).toEqual(expected);
  });
});

describe('forwards', () => {
  test('listen on the addresses of bind, or on the address they name', () => {
    const { listeners, services, subnet } = plan({
      command: 'forward',
      forwards: ['8080=10.0.0.5:80', '127.0.0.1:2222=10.0.0.5:22', '[::1]:8080=[fd00::5]:80', '9000=web.internal:80'],
      flags: { bind: '127.0.0.3' },
    });
    expect(listeners.map(shown)).toEqual([
      '127.0.0.3:8080 -> 10.0.0.5:80',
      '127.0.0.1:2222 -> 10.0.0.5:22',
      '[::1]:8080 -> fd00::5:80',
      '127.0.0.3:9000 -> web.internal:80',
    ]);
    expect(listeners[1]).toEqual({
      key: '127.0.0.1:2222',
      kind: 'forward',
      name: '127.0.0.1:2222',
      bind: { address: '127.0.0.1', port: 2222, dualStack: false },
      rules: 'forward 127.0.0.1:2222',
      pool: {
        name: '127.0.0.1:2222',
        balance: 'roundrobin',
        targets: [{ address: '10.0.0.5', port: 22, weight: 1, tier: 'primary', proxyProtocol: 'off' }],
      },
    });
    expect(services).toEqual([]);
    expect(subnet).toBeUndefined();
  });

  test('stand beside services', () => {
    const { listeners } = plan({ yaml: 'gateway: {}\nforwards: [{ listen: 8080, to: 10.0.0.5:80 }]' });
    expect(listeners).toHaveLength(763);
    expect(listeners.at(-1)?.key).toBe('[::]:8080');
  });
});

describe('a plan', () => {
  test('is plain data that survives structuredClone', () => {
    const made = plan({ flags: { 'log-file': 'gate.log' } });
    expect(structuredClone(made)).toEqual(made);
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
    expect(made.log).toMatchObject({ level: 'info', file: 'gate.log' });
  });

  test('is frozen all the way down', () => {
    const check = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      Object.values(value).forEach(check);
    };
    check(plan({ flags: { hosts: '1-3' } }));
  });

  test('leaves the facts as they are', () => {
    const facts = structuredClone(gatewayMachine);
    expect(buildPlan(load({ yaml: 'forwards: [{ listen: 8080, to: a:1, health: {} }]' }), facts).ok).toBe(true);
    const expectUnfrozen = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      expect(Object.isFrozen(value)).toBe(false);
      Object.values(value).forEach(expectUnfrozen);
    };
    expectUnfrozen(facts);
    expect(facts).toEqual(gatewayMachine);
  });

  test('of every port there is comes about quickly', () => {
    const started = performance.now();
    const { listeners } = plan({
      flags: { subnet: '10.0.0.0/8', hosts: '1-64511', service: 'ssh=1024:22' },
      facts: { descriptors: { limit: 100_000, open: 24, source: 'proc' } },
    });
    expect(listeners).toHaveLength(64_511);
    // Takes about 0.6 s; what is quadratic would take minutes.
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  test('notes that the descriptor limit is a guess', () => {
    const { notes, limits } = plan({ facts: { descriptors: { limit: 1024, open: 32, source: 'assumed' } } });
    expect(notes).toEqual(['This platform does not report its descriptor limit: 1024 is assumed']);
    expect(limits.explanation).toContain('1,024 descriptors assumed');
  });
});
