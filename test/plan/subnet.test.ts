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
const ownContainers = "the network of this machine's own containers or virtual machines";

describe('auto', () => {
  test('is the network of the default route', () => {
    const facts = {
      addresses: [lo, own('wlan0', '10.9.0.4', 24), own('eth0', '172.16.5.9', 20)],
      routes: [defaultRoute('eth0', 100), defaultRoute('eth0', 600)],
    };
    expect(plan({ facts }).subnet).toBe('172.16.0.0/20');
  });

  test('two interfaces with a default route each are no doubt where they are in one network', () => {
    const facts = {
      addresses: [own('wlan0', '10.9.0.4', 24), own('eth0', '10.9.0.5', 24)],
      routes: [defaultRoute('wlan0', 600), defaultRoute('eth0', 100)],
    };
    expect(plan({ facts }).subnet).toBe('10.9.0.0/24');
  });

  test.each(['10.0.0.4', '172.31.0.4', '192.168.0.4', '100.64.0.4', '192.0.2.4', '198.18.0.4'])(
    '%s is in no public network',
    (address) => {
      const facts = { addresses: [own('eth0', address, 24)], routes: [defaultRoute('eth0')] };
      expect(plan({ facts }).subnet).toBe(address.replace(/4$/, '0/24'));
    },
  );

  test.each([
    [
      'no default route',
      [lo, own('eth0', '10.1.0.4', 24), own('eth1', '10.2.0.4', 25)],
      [],
      'this machine has no default route; choose one:\n  floatgate up --subnet 10.1.0.0/24   # eth0\n  floatgate ' +
        'up --subnet 10.2.0.0/25   # eth1',
    ],
    [
      'no /proc',
      [own('eth0', '10.1.0.4', 24)],
      'unreadable' as const,
      '/proc/net/route cannot be read, so that the default route is not known; choose one:\n  floatgate up ' +
        '--subnet 10.1.0.0/24   # eth0',
    ],
    [
      'two default routes, whatever their metrics',
      [own('eth0', '10.1.0.4', 24), own('eth1', '10.2.0.4', 24)],
      [defaultRoute('eth0', 100), defaultRoute('eth1', 200)],
      'eth0 and eth1 have a default route each; choose one:\n  floatgate up --subnet 10.1.0.0/24   # eth0\n  ' +
        'floatgate up --subnet 10.2.0.0/24   # eth1',
    ],
    [
      'two default routes, one by an interface without a network',
      [own('eth0', '10.1.0.4', 24), own('tun0', '10.8.0.2', 32)],
      [defaultRoute('eth0', 100), defaultRoute('tun0')],
      'eth0 and tun0 have a default route each; choose one:\n  floatgate up --subnet 10.1.0.0/24   # eth0',
    ],
    [
      'a public network',
      [own('eth0', '8.8.8.4', 20), own('eth1', '10.2.0.4', 24), own('docker0', '172.17.0.1', 16)],
      [defaultRoute('eth0')],
      `8.8.0.0/20 of eth0 is a public network; choose one:\n  floatgate up --subnet 8.8.0.0/20   # eth0: a public ` +
        `network\n  floatgate up --subnet 10.2.0.0/24   # eth1\n  floatgate up --subnet 172.17.0.0/16   # docker0: ` +
        `${ownContainers}`,
    ],
    [
      'a container bridge',
      [own('docker0', '172.17.0.1', 16), own('eth1', '10.2.0.4', 24)],
      [defaultRoute('docker0')],
      `172.17.0.0/16 of docker0 is ${ownContainers}; choose one:\n  floatgate up --subnet 172.17.0.0/16   # ` +
        `docker0: ${ownContainers}\n  floatgate up --subnet 10.2.0.0/24   # eth1`,
    ],
    [
      'two networks on the interface, and one elsewhere',
      [own('eth0', '10.1.0.4', 24), own('eth0', '10.2.0.4', 24), own('eth1', '10.3.0.4', 24)],
      [defaultRoute('eth0')],
      'eth0, which has the default route, is in several networks; choose one:\n  floatgate up --subnet 10.1.0.0/24 ' +
        '  # eth0\n  floatgate up --subnet 10.2.0.0/24   # eth0',
    ],
    [
      'a cloud that gives out /32',
      [lo, own('eth0', '10.1.0.4', 32)],
      [defaultRoute('eth0')],
      'eth0, which has the default route, is in no IPv4 network with other hosts; name it, like: floatgate up ' +
        '--subnet 192.168.20.0/24',
    ],
    [
      'link-local only',
      [own('eth0', '169.254.3.4', 16)],
      [defaultRoute('eth0')],
      'eth0, which has the default route, is in no IPv4 network with other hosts; name it, like: floatgate up ' +
        '--subnet 192.168.20.0/24',
    ],
    [
      'loopback only',
      [lo],
      [defaultRoute('lo')],
      'lo, which has the default route, is in no IPv4 network with other hosts; name it, like: floatgate up ' +
        '--subnet 192.168.20.0/24',
    ],
  ])('%s: the candidates, ready to paste', (_, addresses, routes, expected) => {
    const facts = { addresses, routes, containerBridges: ['docker0'] };
    expect(planProblems({ facts })).toEqual([`Cannot tell which subnet to map: ${expected}`]);
  });

  test('two addresses in one network are no doubt', () => {
    const addresses = [own('eth0', '10.1.0.4', 24), own('eth0', '10.1.0.5', 24)];
    expect(plan({ facts: { addresses, routes: [defaultRoute('eth0')] } }).subnet).toBe('10.1.0.0/24');
  });

  test('is not looked for where only forwards are served', () => {
    expect(plan({ command: 'forward', forwards: ['8080=a:80'], facts: { routes: [] } }).listeners).toHaveLength(1);
  });
});

describe('named', () => {
  test('loopback is fine: the user names it', () => {
    expect(plan({ flags: { subnet: '127.0.20.0/24' } }).subnet).toBe('127.0.20.0/24');
  });

  test.each(['10.0.0.4/31', '10.0.0.4/32'])('%s has no hosts: a forward is proposed', (subnet) => {
    expect(planProblems({ flags: { subnet } })).toEqual([
      `--subnet: Cannot map ${subnet}: beside its network and broadcast addresses it has no hosts; use a forward ` +
        `instead: floatgate forward 30000=10.0.0.4:22`,
    ]);
  });
});

describe('of addresses that may never be targets', () => {
  const advice = 'name a network like 192.168.20.0/24';

  test.each([
    ['169.254.0.0/16', 'a link-local address'],
    ['169.254.169.0/24', 'a link-local address'],
    ['0.0.0.0/8', 'an unspecified address'],
    ['0.0.0.0/0', 'an unspecified address'],
    ['224.0.0.0/24', 'a multicast address'],
    ['240.0.0.0/4', 'a reserved address'],
  ])('%s is a problem', (subnet, what) => {
    expect(planProblems({ flags: { subnet } })).toEqual([
      `--subnet: Cannot map ${subnet}: each of its hosts has ${what}; ${advice}`,
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

  test.each([
    ['8.8.0.0/20', 'a public network'],
    ['172.17.0.0/16', ownContainers],
  ])('that means %s is a problem, as nobody has named it', (subnet, doubt) => {
    const facts = { addresses: [own('docker0', '172.17.0.1', 16)], containerBridges: ['docker0'] };
    expect(planProblems({ flags, facts, network: { subnet } })).toEqual([
      `--subnet: Cannot map ${subnet} on the metadata service's word: it is ${doubt}; name it where that is meant: ` +
        `floatgate up --subnet ${subnet}`,
    ]);
    expect(plan({ flags: { subnet }, facts }).subnet).toBe(subnet);
  });

  test('without an answer is a problem', () => {
    expect(planProblems({ flags })).toEqual([
      '--subnet: Cannot map the subnet: the metadata service has not answered; name it with --subnet CIDR',
    ]);
  });

  test('that answers with a single address is a problem', () => {
    expect(planProblems({ flags, network: { subnet: '10.7.0.1/32' } })[0]).toContain('Cannot map 10.7.0.1/32');
  });
});

describe('hosts and skip', () => {
  test('beyond the subnet are problems, each in its place', () => {
    const yaml =
      'gateway:\n  subnet: 10.0.0.0/29\n  hosts: [1-6, 5-8, 99]\n  skip: [7, 8, 10.0.0.3, 10.0.1.1]\n  services: { ' +
      's: { base: 2000, port: 1 } }\n';
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
