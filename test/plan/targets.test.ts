import { describe, expect, test } from 'vitest';
import { plan, planProblems } from './planning.ts';

describe('targets that lead nowhere good', () => {
  test.each([
    ['169.254.169.254', "a link-local address, the cloud's metadata service"],
    ['[fe80::1]', 'a link-local address'],
    ['[fe80::1%eth0]', 'a link-local address'],
    ['[fd00:ec2::254]', "the cloud's metadata service"],
    ['[fd20:ce::254]', "the cloud's metadata service"],
    ['100.100.100.200', "the cloud's metadata service"],
    ['[64:ff9b:1::a00:5]', 'a local NAT64 address'],
    ['[2002:a9fe:a9fe::1]', "a link-local address, the cloud's metadata service"],
    ['[2002:c0a8:14ff::1]', 'the broadcast address of the network of ens3'],
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
      '8080=[::ffff:169.254.1.1]:80: Cannot forward 8080 to 169.254.1.1:80: that is a link-local address; name ' +
        'another target',
    ]);
  });

  test('an IPv4-compatible one is not taken for the IPv4 address in it', () => {
    expect(planProblems({ command: 'forward', forwards: ['8080=[::10.0.0.5]:80'] })).toEqual([
      '8080=[::10.0.0.5]:80: Cannot forward 8080 to [::a00:5]:80: that is an IPv4-compatible address; name another ' +
        'target',
    ]);
  });

  test('even where one of our own listeners is there', () => {
    const problems = planProblems({ command: 'forward', forwards: ['8080=0.0.0.0:8080'] });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('that is an unspecified address');
  });

  test('every one of a pool, with a caret', () => {
    const yaml =
      'forwards:\n  - listen: 8080\n    to:\n      - 10.0.0.5:80\n      - 169.254.1.1:80\n      - target: ' +
      '224.0.0.1:80\n';
    const shown = planProblems({ yaml }).map((problem) => problem.replace(/^.*floatgate\.yaml:/, ''));
    expect(shown).toEqual([
      '5:9: Cannot forward 8080 to 169.254.1.1:80: that is a link-local address; name another target\n        - ' +
        '169.254.1.1:80\n          ^^^^^^^^^^^^^^',
      '6:17: Cannot forward 8080 to 224.0.0.1:80: that is a multicast address; name another target\n        - ' +
        'target: 224.0.0.1:80\n                  ^^^^^^^^^^^^',
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
  ['an address of this machine by way of 6to4', '8080', '[2002:c0a8:1411::1]:8080'],
  ['a bound address that no interface has now', '203.0.113.9:8080', '203.0.113.9:8080'],
])('%s is our own listener', (_, listen, target) => {
  expect(planProblems({ command: 'forward', forwards: [`${listen}=${target}`] })).toEqual([
    `${listen}=${target}: Cannot forward ${listen} to ${target}: that is this gateway's own listener (forward ` +
      `${listen}); name another target`,
  ]);
});

describe('what the kernel routes as local and no interface with a carrier has', () => {
  const localNetworks = ['127.0.0.0/8', '172.17.0.1', '10.9.0.0/16', '2001:db8:9::/48'];

  test.each(['172.17.0.1:8080', '10.9.3.4:8080', '[2001:db8:9:1::5]:8080'])('%s is our own listener', (target) => {
    const [problem] = planProblems({ command: 'forward', forwards: [`8080=${target}`], facts: { localNetworks } });
    expect(problem).toContain("that is this gateway's own listener (forward 8080)");
  });

  test.each(['172.17.0.2:8080', '10.10.0.1:8080', '[2001:db8:a::5]:8080', '10.9.3.4:8081'])('%s is not', (target) => {
    const { listeners } = plan({ command: 'forward', forwards: [`8080=${target}`], facts: { localNetworks } });
    expect(listeners).toHaveLength(1);
  });

  test('a mapped host is not either', () => {
    const flags = { subnet: '10.9.3.0/24', hosts: '5', service: ['http=8070:8075'] };
    const [problem] = planProblems({ flags, facts: { localNetworks } });
    expect(problem).toContain("Cannot map http to host 5: 10.9.3.5:8075 is this gateway's own listener (service http)");
  });
});

describe('public addresses', () => {
  const flags = { 'public-address': '203.0.113.7' };

  test('lead to our own listeners', () => {
    const [problem] = planProblems({ command: 'forward', forwards: ['8080=203.0.113.7:8080'], flags });
    expect(problem).toContain("that is this gateway's own listener (forward 8080)");
  });

  test('do so when the metadata service names them', () => {
    const network = { subnet: '192.168.20.0/24', publicAddresses: ['203.0.113.7'] };
    const yaml = 'gateway: { subnet: metadata }\nforwards: [{ listen: 8080, to: "203.0.113.7:8080" }]';
    expect(planProblems({ yaml, network })[0]).toContain("that is this gateway's own listener (forward 8080)");
  });

  test.each([
    ['8080=203.0.113.7:8081', 'another port'],
    ['8080=203.0.113.8:8080', 'another address'],
    ['127.0.0.1:8080=203.0.113.7:8080', 'a listener on loopback'],
  ])('%s: not by %s', (forward) => {
    const planned = plan({ command: 'forward', forwards: [forward], flags });
    expect(planned.publicAddresses).toEqual(['203.0.113.7']);
  });
});

test('another port or address beside a bound one that no interface has is not', () => {
  for (const target of ['203.0.113.9:8081', '203.0.113.10:8080']) {
    expect(plan({ command: 'forward', forwards: [`203.0.113.9:8080=${target}`] }).listeners).toHaveLength(1);
  }
});

test("interfaces' broadcast addresses in a larger mapped subnet are no hosts, even where they are named", () => {
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
