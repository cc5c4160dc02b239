import { describe, expect, test } from 'vitest';
import { plan, planProblems } from './planning.ts';

describe('targets that lead nowhere good', () => {
  test.each([
    ['169.254.169.254', "a link-local address, the cloud's metadata service"],
    ['[fe80::1]', 'a link-local address'],
    ['[fe80::1%eth0]', 'a link-local address'],
    ['[fd00:ec2::254]', "the cloud's metadata service"],
    ['0.0.0.0', 'an unspecified address'],
    ['[::]', 'an unspecified address'],
    ['224.0.0.1', 'a multicast address'],
    ['255.255.255.255', 'the broadcast address'],
    ['[64:ff9b::a9fe:a9fe]', "a link-local address, the cloud's metadata service"],
    ['192.168.20.255', 'the broadcast address of the network of ens3'],
    ['[64:ff9b::c0a8:14ff]', 'the broadcast address of the network of ens3'],
    ['127.255.255.255', 'the broadcast address of the network of lo'],
  ])('%s', (host, what) => {
    expect(planProblems({ command: 'forward', forwards: [`8080=${host}:80`] })).toEqual([
      `8080=${host}:80: Cannot forward 8080 to ${host}:80: that is ${what}; name another target`,
    ]);
  });

  test('an IPv4-mapped one', () => {
    expect(planProblems({ command: 'forward', forwards: ['8080=[::ffff:169.254.1.1]:80'] })).toEqual([
      '8080=[::ffff:169.254.1.1]:80: Cannot forward 8080 to 169.254.1.1:80: that is a link-local address; name another target',
    ]);
  });

  test('even where one of our own listeners is there', () => {
    const problems = planProblems({ command: 'forward', forwards: ['8080=0.0.0.0:8080'] });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('that is an unspecified address');
  });

  test('every one of a pool, with a caret', () => {
    const yaml =
      'forwards:\n  - listen: 8080\n    to:\n      - 10.0.0.5:80\n      - 169.254.1.1:80\n      - target: 224.0.0.1:80\n';
    const shown = planProblems({ yaml }).map((problem) => problem.replace(/^.*floatgate\.yaml:/, ''));
    expect(shown).toEqual([
      '5:9: Cannot forward 8080 to 169.254.1.1:80: that is a link-local address; name another target\n        - 169.254.1.1:80\n          ^^^^^^^^^^^^^^',
      '6:17: Cannot forward 8080 to 224.0.0.1:80: that is a multicast address; name another target\n        - target: 224.0.0.1:80\n                  ^^^^^^^^^^^^',
    ]);
  });

  test('one that stands alone, as a text or a mapping', () => {
    for (const [to, column] of [
      ['224.0.0.1:80', 32],
      ['{ target: 224.0.0.1:80 }', 42],
    ]) {
      const [problem = ''] = planProblems({ yaml: `forwards: [{ listen: 8080, to: ${to} }]` });
      expect(problem).toContain(`floatgate.yaml:1:${column}: `);
    }
  });
});

test.each([
  ['127.0.0.1'],
  ['[::1]'],
  ['localhost'],
  ['192.168.20.254'],
  ['10.255.255.255'],
  ['[fd00:ec2::1]'],
  ['[64:ff9b::a00:5]'],
  ['metadata.google.internal'],
])('%s may be a target: the configuration names it', (host) => {
  expect(plan({ command: 'forward', forwards: [`8080=${host}:80`] }).listeners).toHaveLength(1);
});

test('the last address of a network without a broadcast address is a host', () => {
  const facts = { addresses: [{ interface: 'ppp0', address: '10.0.0.4', family: 4, prefix: 31 }] as const };
  expect(plan({ command: 'forward', forwards: ['8080=10.0.0.5:80'], facts }).listeners).toHaveLength(1);
});

test.each([
  ['an address of this machine by way of NAT64', '8080', '[64:ff9b::c0a8:1411]:8080'],
  ['loopback by way of NAT64', '8080', '[64:ff9b::7f00:1]:8080'],
  ['a bound address that no interface has now', '203.0.113.9:8080', '203.0.113.9:8080'],
])('%s is our own listener', (_, listen, target) => {
  expect(planProblems({ command: 'forward', forwards: [`${listen}=${target}`] })).toEqual([
    `${listen}=${target}: Cannot forward ${listen} to ${target}: that is this gateway's own listener (forward ${listen}); name another target`,
  ]);
});

test('another port or address beside a bound one that no interface has is not', () => {
  for (const target of ['203.0.113.9:8081', '203.0.113.10:8080']) {
    expect(plan({ command: 'forward', forwards: [`203.0.113.9:8080=${target}`] }).listeners).toHaveLength(1);
  }
});

test("interfaces' broadcast addresses in a larger mapped subnet are no hosts, even when they are asked for", () => {
  const addresses = [
    { interface: 'eth0', address: '10.0.0.4', family: 4, prefix: 24 },
    { interface: 'eth1', address: '10.0.1.4', family: 4, prefix: 25 },
    { interface: 'eth2', address: '172.16.0.4', family: 4, prefix: 24 },
  ] as const;
  const { listeners } = plan({
    facts: { addresses },
    flags: { subnet: '10.0.0.0/16', hosts: '253-257,382-384', service: ['ssh=30000:22'] },
  });
  expect(listeners.map(({ host }) => host)).toEqual([253, 254, 256, 257, 382, 384]);
});
