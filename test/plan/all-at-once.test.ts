import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/read-config.ts';
import { findProblems } from '../../src/plan/build-plan.ts';
import { load, type WrittenSources, written } from '../config/load.ts';
import { gatewayMachine, planProblems } from './planning.ts';

test('every problem of the plan is shown at once, each in its place', () => {
  const yaml = `bind: [127.0.0.1, "::1", 127.0.0.1]
gateway:
  subnet: 192.168.20.0/24
  hosts: 1-20
  services:
    http: { base: 31000, port: 80 }
    one: { base: 31010, port: 81 }
    last: { base: 65530, port: 1 }
    busy: { base: 33000, port: 83, limits: { sessions: 60000 } }
limits: { sessions: 50000, perSource: { burst: 9 } }
forwards:
  - { listen: 8080, to: 10.0.0.5:80 }
  - { listen: 8080, to: 10.0.0.6:80 }
  - { listen: 8083, to: [10.0.0.8:80, 169.254.169.254:80] }
  - { listen: 8084, to: "[::1]:8084" }
dialFrom: 10.9.9.9
engine: splice
`;
  const shown = planProblems({ yaml }).map((text) => text.split('\n')[0]?.replace('floatgate.yaml:', ''));
  expect(shown).toEqual([
    expect.stringMatching(/^1:26: Cannot bind 127\.0\.0\.1 twice: /),
    expect.stringMatching(/^7:18: Cannot serve one beside service http: both need ports 31011 to 31020; /),
    expect.stringMatching(/^8:19: Cannot serve last for host 20: /),
    expect.stringMatching(/^9:56: Cannot allow 60,000 sessions for service busy: /),
    expect.stringMatching(/^10:21: Cannot allow 50,000 sessions: /),
    expect.stringMatching(/^10:48: Cannot use limits\.perSource\.burst alone: /),
    expect.stringMatching(/^13:15: Cannot listen on 8080: forward 8080 needs port 8080 too; /),
    expect.stringMatching(/^14:39: Cannot forward 8083 to 169\.254\.169\.254:80: that is a link-local address, /),
    expect.stringMatching(/^15:25: Cannot forward 8084 to \[::1\]:8084: that is this gateway's own listener /),
    expect.stringMatching(/^16:11: Cannot dial from 10\.9\.9\.9: /),
    expect.stringMatching(/^17:9: Cannot use the splice engine: /),
  ]);
});

test('problems of the plan come only once the text is right', () => {
  const shown = (yaml: string): readonly string[] => {
    const read = readConfig(written({ yaml }));
    const problems = read.ok ? findProblems(read.value, gatewayMachine) : read.problems;
    return problems.map(({ message }) => message.slice(0, 24));
  };
  const services = 'services: { a: { base: 40000, port: 1 }, b: { base: 40100, port: 2 } }';
  expect(shown(`engine: fast\ngateway: { ${services} }`)).toEqual(['Cannot read engine: curr']);
  expect(shown(`engine: auto\ngateway: { ${services} }`)).toEqual(['Cannot serve b beside se']);
});

describe('limits of a source', () => {
  const burstAlone = 'a burst is what may come before the rate holds; give a rate beside it, like rate: 20/m';

  test.each<[WrittenSources, string]>([
    [
      { yaml: 'limits: { perSource: { sessions: 1, burst: 5 } }' },
      `floatgate.yaml:1:44: Cannot use limits.perSource.burst alone: ${burstAlone}`,
    ],
    [
      { flags: { 'per-source-burst': '5' } },
      `--per-source-burst: Cannot use limits.perSource.burst alone: ${burstAlone}`,
    ],
    [
      { yaml: 'gateway: { services: { a: { base: 4000, port: 2, limits: { perSource: { burst: 5 } } } } }' },
      `floatgate.yaml:1:80: Cannot use gateway.services.a.limits.perSource.burst alone: ${burstAlone}`,
    ],
    [
      { yaml: 'forwards: [{ listen: 8080, to: a:1, limits: { perSource: { ipv4Prefix: 24 } } }]' },
      'floatgate.yaml:1:47: Cannot use forwards[0].limits.perSource: it limits nothing; give it sessions or a ' +
        'rate, like sessions: 64',
    ],
  ])('%j', (sources, expected) => {
    expect(planProblems(sources).map((problem) => problem.split('\n')[0])).toEqual([expected]);
  });
});

describe('before the metadata service has answered', () => {
  test('what does not depend on the subnet is found', () => {
    const loaded = load({
      yaml:
        'gateway: { subnet: metadata }\n' +
        'forwards: [{ listen: 80, to: "a:1" }, { listen: 8080, to: "127.0.0.1:8080" }]',
    });
    expect(findProblems(loaded, gatewayMachine)).toHaveLength(2);
  });

  test('a gateway without services beside a forward does not serve nothing', () => {
    expect(findProblems(load({ flags: { subnet: 'metadata' } }), gatewayMachine)).toEqual([]);
  });

  test('services whose hosts are named are checked', () => {
    const yaml = 'gateway: { subnet: metadata, hosts: 1-20, services: { a: { base: 65530, port: 1 } } }';
    expect(findProblems(load({ yaml }), gatewayMachine)).toHaveLength(1);
  });

  test.each([
    [
      'which hosts are broadcast addresses',
      'gateway: { subnet: metadata, hosts: 1-127, services: { a: { base: 40000, port: 1 ' +
        '}, b: { base: 40126, port: 2 } } }',
    ],
    [
      'which hosts lie at an address',
      'gateway: { subnet: metadata, hosts: 1-20, skip: [10.0.0.9], services: { a: { base: 40000, port: 1 ' +
        '}, b: { base: 40019, port: 2 } } }',
    ],
  ])('no problem depends on %s', (_, yaml) => {
    expect(findProblems(load({ yaml }), gatewayMachine)).toEqual([]);
  });
});

describe('no problem depends on something that is wrong', () => {
  const overlapping = 'services: { a: { base: 40000, port: 1 }, b: { base: 40100, port: 2 } }';

  test.each([
    ['a subnet that cannot be found', `gateway: { ${overlapping} }`],
    [
      'hosts that there are not',
      'gateway: { subnet: 10.0.0.0/24, hosts: 1-300, services: { a: { base: 40000, port: 1 ' +
        '}, b: { base: 40250, port: 2 } } }',
    ],
    ['a host that is skipped', `gateway: { subnet: 10.0.0.0/24, hosts: 1-200, skip: [300], ${overlapping} }`],
  ])('%s', (_, yaml) => {
    expect(planProblems({ yaml, facts: { routes: [] } })).toHaveLength(1);
  });
});
