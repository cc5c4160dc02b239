import { describe, expect, test } from 'vitest';
import type { OwnAddress } from '../../src/base/machine-facts.ts';
import type { Route } from '../../src/base/routes.ts';
import { plan, planProblems } from './planning.ts';

const own = (name: string, address: string, prefix: number): OwnAddress => ({
  interface: name,
  address,
  family: 4,
  prefix,
});
const defaultRoute = (name: string, metric = 0): Route => ({
  interface: name,
  destination: '0.0.0.0',
  prefix: 0,
  metric,
});
const lo = own('lo', '127.0.0.1', 8);

describe('auto', () => {
  test('is the network of the default route with the lowest metric', () => {
    const facts = {
      addresses: [lo, own('wlan0', '10.9.0.4', 24), own('eth0', '172.16.5.9', 20)],
      routes: [defaultRoute('wlan0', 600), defaultRoute('eth0', 100)],
    };
    expect(plan({ facts }).subnet).toBe('172.16.0.0/20');
  });

  test.each([
    [
      'no default route',
      [lo, own('eth0', '10.1.0.4', 24), own('eth1', '10.2.0.4', 25)],
      [],
      'this machine has no default route; choose one:\n  floatgate up --subnet 10.1.0.0/24   # eth0\n  floatgate up --subnet 10.2.0.0/25   # eth1',
    ],
    [
      'two default routes alike',
      [own('eth0', '10.1.0.4', 24), own('eth1', '10.2.0.4', 24)],
      [defaultRoute('eth0'), defaultRoute('eth1')],
      'eth0 and eth1 share the default route; choose one:\n  floatgate up --subnet 10.1.0.0/24   # eth0\n  floatgate up --subnet 10.2.0.0/24   # eth1',
    ],
    [
      'two networks on the interface, and one elsewhere',
      [own('eth0', '10.1.0.4', 24), own('eth0', '10.2.0.4', 24), own('eth1', '10.3.0.4', 24)],
      [defaultRoute('eth0')],
      'eth0, which has the default route, is in several networks; choose one:\n  floatgate up --subnet 10.1.0.0/24   # eth0\n  floatgate up --subnet 10.2.0.0/24   # eth0',
    ],
    [
      'a cloud that gives out /32',
      [lo, own('eth0', '10.1.0.4', 32)],
      [defaultRoute('eth0')],
      'eth0, which has the default route, is in no IPv4 network with other hosts; name it, like: floatgate up --subnet 192.168.20.0/24',
    ],
    [
      'link-local only',
      [own('eth0', '169.254.3.4', 16)],
      [defaultRoute('eth0')],
      'eth0, which has the default route, is in no IPv4 network with other hosts; name it, like: floatgate up --subnet 192.168.20.0/24',
    ],
    [
      'loopback only',
      [lo],
      [defaultRoute('lo')],
      'lo, which has the default route, is in no IPv4 network with other hosts; name it, like: floatgate up --subnet 192.168.20.0/24',
    ],
  ])('%s: the candidates, ready to paste', (_, addresses, routes, expected) => {
    expect(planProblems({ facts: { addresses, routes } })).toEqual([`Cannot tell which subnet to map: ${expected}`]);
  });

  test('two addresses in one network are no doubt', () => {
    const addresses = [own('eth0', '10.1.0.4', 24), own('eth0', '10.1.0.5', 24)];
    expect(plan({ facts: { addresses, routes: [defaultRoute('eth0')] } }).subnet).toBe('10.1.0.0/24');
  });

  test('is not asked for where only forwards are served', () => {
    expect(plan({ command: 'forward', forwards: ['8080=a:80'], facts: { routes: [] } }).listeners).toHaveLength(1);
  });
});

describe('named', () => {
  test('loopback is fine: the user names it', () => {
    expect(plan({ flags: { subnet: '127.0.20.0/24' } }).subnet).toBe('127.0.20.0/24');
  });

  test.each(['10.0.0.4/31', '10.0.0.4/32'])('%s has no hosts: a forward is proposed', (subnet) => {
    expect(planProblems({ flags: { subnet } })).toEqual([
      `--subnet: Cannot map ${subnet}: beside its network and broadcast addresses it has no hosts; use a forward instead: floatgate forward 30000=10.0.0.4:22`,
    ]);
  });
});

describe('of addresses that may never be targets', () => {
  const wayOut = 'name a network like 192.168.20.0/24';

  test.each([
    ['169.254.0.0/16', 'a link-local address'],
    ['169.254.169.0/24', 'a link-local address'],
    ['0.0.0.0/8', 'an unspecified address'],
    ['0.0.0.0/0', 'an unspecified address'],
    ['224.0.0.0/24', 'a multicast address'],
    ['240.0.0.0/4', 'a reserved address'],
  ])('%s is a problem', (subnet, what) => {
    expect(planProblems({ flags: { subnet } })).toEqual([
      `--subnet: Cannot map ${subnet}: each of its hosts has ${what}; ${wayOut}`,
    ]);
    expect(planProblems({ flags: { subnet: 'metadata' }, network: { subnet } })).toHaveLength(1);
  });

  test('a large network beside them is none', () => {
    expect(plan({ flags: { subnet: '168.0.0.0/7', hosts: '1-3' } }).listeners).toHaveLength(9);
  });
});

describe('metadata', () => {
  const flags = { subnet: 'metadata' };

  test("is the caller's answer", () => {
    expect(plan({ flags, network: { subnet: '10.7.0.0/24' } }).subnet).toBe('10.7.0.0/24');
  });

  test('without an answer is a problem', () => {
    expect(planProblems({ flags })).toEqual([
      '--subnet: Cannot map the subnet: the metadata service has not been asked for it; name it with --subnet CIDR',
    ]);
  });

  test('that answers with a single address is a problem', () => {
    expect(planProblems({ flags, network: { subnet: '10.7.0.1/32' } })[0]).toContain('Cannot map 10.7.0.1/32');
  });
});

describe('hosts and skip', () => {
  test('beyond the subnet are problems, each in its place', () => {
    const yaml =
      'gateway:\n  subnet: 10.0.0.0/29\n  hosts: [1-6, 5-8, 99]\n  skip: [7, 8, 10.0.0.3, 10.0.1.1]\n  services: { s: { base: 2000, port: 1 } }\n';
    expect(planProblems({ yaml }).map((problem) => problem.split('\n')[0]?.replace(/^.*floatgate\.yaml:/, ''))).toEqual(
      [
        '3:16: Cannot map hosts 5-8: 10.0.0.0/29 has hosts 1 to 6; write host numbers up to 6',
        '3:21: Cannot map hosts 99: 10.0.0.0/29 has hosts 1 to 6; write host numbers up to 6',
        '4:13: Cannot skip host 8: it is outside of 10.0.0.0/29, which has hosts 1 to 6; leave it out of skip',
        '4:26: Cannot skip 10.0.1.1: it is outside of 10.0.0.0/29, which has hosts 1 to 6; leave it out of skip',
      ],
    );
  });

  test.each([{ hosts: '5', skip: '5' }, { hosts: '255' }, { hosts: '' }])('that leave nothing: %j', (flags) => {
    expect(planProblems({ flags })).toEqual([
      '--hosts: Cannot serve anything: no listener is left; map a host with --hosts, or name a service or a forward',
    ]);
  });
});
