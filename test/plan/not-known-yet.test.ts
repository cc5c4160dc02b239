import { describe, expect, test } from 'vitest';
import { type Planning, planProblems } from './planning.ts';

describe('what may only be wrong because something cannot be read is not told', () => {
  const overlapping = 'services: { a: { base: 40000, port: 1 }, b: { base: 40100, port: 2 } }';
  const small = 'gateway: { subnet: 10.0.0.0/24, hosts: 1-20 }';
  test.each<[string, string, Partial<Planning>?]>([
    ['hosts', `gateway: { hosts: 1-2O, subnet: 10.0.0.0/24, ${overlapping} }`],
    ['skip', `gateway: { skip: [1-2O], subnet: 10.0.0.0/24, ${overlapping} }`],
    ['the subnet', `gateway: { subnet: 10.0.0.0/33, ${overlapping} }`],
    ['a key that is mistyped', `gateway: { hsots: 1-20, subnet: 10.0.0.0/24, ${overlapping} }`],
    ['a key that is misplaced', `hosts: 1-20\ngateway: { subnet: 10.0.0.0/24, ${overlapping} }`],
    ['the only forward', 'forwards: [{ listen: 8080 }]\nengine: stream'],
    ['all forwards', 'forwrads: [{ listen: 8080, to: "a:1" }]'],
    ['bind', 'bind: [127.0.0.x]\nforwards: [{ listen: 8080, to: 192.168.20.17:8080 }]'],
    ['a rate', 'gateway: { subnet: 10.0.0.0/24 }\nlimits: { perSource: { rate: often, burst: 5 } }'],
    [
      'hosts that there are not',
      'gateway: { subnet: 10.0.0.0/24, hosts: 1-300, services: { a: { base: 40000, port: 1 }, b: { base: 40250, port: 2 } } }',
    ],
    ['a host that is skipped', `gateway: { subnet: 10.0.0.0/24, hosts: 1-200, skip: [300], ${overlapping} }`],
    [
      'which hosts are broadcast addresses',
      'gateway: { subnet: metadata, hosts: 1-127, services: { a: { base: 40000, port: 1 }, b: { base: 40126, port: 2 } } }',
    ],
    [
      'which hosts lie at an address',
      'gateway: { subnet: metadata, hosts: 1-20, skip: [10.0.0.9], services: { a: { base: 40000, port: 1 }, b: { base: 40019, port: 2 } } }',
    ],
    ['a list under another name', 'rules: [{ listen: 8080, to: "a:1" }]'],
    ['all of it, under another name', 'floatgate: { forwards: [{ listen: 8080, to: "a:1" }] }'],
    [
      'services, without their key',
      'gateway: { subnet: 10.0.0.0/24, hosts: 1-3, ssh: { base: 30100, port: 22 } }\nforwards: [{ listen: 30001, to: "a:1" }]',
    ],
    [
      'which of two bases holds',
      `gateway: { subnet: 10.0.0.0/24, hosts: 1-20, services: { a: { base: 40000, port: 1 }, b: { base: 40005, base: 41000, port: 2 } } }`,
    ],
    ['a service in a flag', small, { flags: { service: 'ssh' } }],
    [
      'a service in a flag that the file has',
      'gateway: { subnet: 10.0.0.0/24, hosts: 1-20, services: { a: { base: 65530, port: 1 } } }',
      { flags: { service: 'a' } },
    ],
    [
      'the limit of sessions, over that of the file',
      `${small}\nlimits: { sessions: 90000 }`,
      { environment: { FLOATGATE_SESSIONS: 'many' } },
    ],
    [
      'the limit of sessions, given twice over that of the file',
      `${small}\nlimits: { sessions: 90000 }`,
      { flags: { sessions: ['1', '2'] } },
    ],
    ['bind, over that of the file', `${small}\nbind: ["::1", "::1"]`, { environment: { FLOATGATE_BIND: 'x' } }],
    ['the engine, over that of the file', `${small}\nengine: splice`, { flags: { engine: 'splize' } }],
    [
      'hosts, over those of the file',
      `gateway: { subnet: 10.0.0.0/24, hosts: 300, services: { a: { base: 40000, port: 1 } } }`,
      { flags: { hosts: 'x' } },
    ],
    [
      'the only setting of a limit, over that of the file',
      `${small}\nlimits: { perTarget: { sessions: 5 } }`,
      { flags: { 'per-target': 'few' } },
    ],
    ['a base', 'gateway: { subnet: 10.0.0.0/24, services: { a: { base: low, port: 1 }, b: { base: 1100, port: 2 } } }'],
    ['a port of the hosts', 'gateway: { subnet: 192.168.20.0/24, services: { a: { base: 1100, port: low } } }'],
    ['a primary target', 'forwards: [{ listen: 8080, to: [{ target: x }, { target: "a:1", backup: true }] }]'],
    ['the limit of sessions', 'gateway: { subnet: 10.0.0.0/24 }\nlimits: { sessions: few, perListener: 9000 }'],
  ])('%s', (_, yaml, sources) => {
    // A machine without a default route: no subnet but the one that is written down.
    expect(planProblems({ yaml, facts: { routes: [] }, ...sources })).toHaveLength(1);
  });

  test('nor is what stands in for it named', () => {
    const yaml = 'forwards: [{ listen: x, to: "169.254.0.1:1", limits: { sessions: 20000 } }]';
    expect(planProblems({ yaml }).map((text) => text.split('; ')[0])).toEqual([
      expect.stringContaining('Cannot read forwards[0].listen'),
      expect.stringContaining('Cannot forward to 169.254.0.1:1: that is a link-local address'),
      expect.stringContaining('Cannot allow 20,000 sessions for this forward'),
    ]);
  });

  test('of a file that is no YAML, nothing is known', () => {
    const yaml = 'gateway: { hosts: [1-3 }\n';
    expect(planProblems({ yaml, facts: { routes: [] } })).toEqual([expect.stringContaining('Cannot parse this YAML')]);
  });

  test('but what a flag gives in place of it is', () => {
    const yaml = 'gateway: { subnet: 10.0.0.0/33, hosts: 1-20 }';
    const problems = planProblems({ yaml, flags: { subnet: '10.0.0.0/24', service: ['a=40000:1', 'b=40005:2'] } });
    expect(problems.map((text) => text.split(':')[0])).toEqual(['floatgate.yaml', '--service b=40005']);
  });

  test('nor for a flag that is given twice', () => {
    expect(planProblems({ flags: { subnet: ['auto', 'metadata'] }, facts: { routes: [] } })).toHaveLength(1);
  });
});
