import { describe, expect, test } from 'vitest';
import { findProblems } from '../../src/plan/build-plan.ts';
import { load } from '../config/load.ts';
import { gatewayMachine, plan, planProblems } from './planning.ts';

/** A part of a configuration file, right and wrong; of the same `under` key each part is one more line. */
interface Part {
  readonly under: string;
  readonly right: string;
  readonly wrong: string;
  /** How the problem begins, its place left out. */
  readonly problem: string;
}

/** What is wrong with single values, and what follows from several; none has to do with another. */
const parts: readonly Part[] = [
  { under: '', right: 'engine: auto', wrong: 'engine: fast', problem: 'Cannot read engine' },
  { under: '', right: 'proxyProtocol: off', wrong: 'colour: red', problem: 'Cannot use key "colour"' },
  {
    under: '',
    right: 'bind: [127.0.0.1, "::1"]',
    wrong: 'bind: [127.0.0.1, "::1", x]',
    problem: 'Cannot read bind[2]',
  },
  {
    under: 'gateway',
    right: 'subnet: 192.168.20.0/24',
    wrong: 'subnet: 192.168.20.0/33',
    problem: 'Cannot read gateway.subnet',
  },
  { under: 'gateway', right: 'hosts: 1-20', wrong: 'hosts: [1-20, x]', problem: 'Cannot read gateway.hosts[1]' },
  {
    under: 'timeouts',
    right: 'dial: 5s',
    wrong: 'dial: 5 parsecs',
    problem: 'Cannot read timeouts.dial',
  },
  {
    under: 'access',
    right: 'deny: [10.0.0.0/8, 10.0.0.0/8]',
    wrong: 'deny: [10.0.0.0/8, 10.0.0.1/8, true]',
    problem: 'Cannot read access.deny[1]',
  },
  {
    under: 'limits',
    right: 'perSource: { rate: 5/m, burst: 9 }',
    wrong: 'perSource: { burst: 9, ipv4Prefix: 99 }',
    problem: 'Cannot use limits.perSource.burst alone',
  },
  { under: 'limits', right: 'sessions: auto', wrong: 'sessions: 50000', problem: 'Cannot allow 50,000 sessions: ' },
  {
    under: 'services',
    right: 'ssh: { base: 30000, port: 22 }',
    wrong: 'ssh: { base: many, port: 22 }',
    problem: 'Cannot read gateway.services.ssh.base',
  },
  {
    under: 'services',
    right: 'http: { base: 31000, port: 80 }',
    wrong: 'http: { base: 31000 }',
    problem: 'Cannot read gateway.services.http: "port" is missing',
  },
  {
    under: 'services',
    right: 'one: { base: 31300, port: 81 }',
    wrong: 'one: { base: 31010, port: 81 }',
    problem: 'Cannot serve one beside service http: both need ports 31011 to 31020',
  },
  {
    under: 'services',
    right: 'last: { base: 65000, port: 1 }',
    wrong: 'last: { base: 65530, port: 1 }',
    problem: 'Cannot serve last for host 20',
  },
  {
    under: 'services',
    right: 'up1: { base: 34000, port: 84 }',
    wrong: '1up: { base: low, port: 0, colour: red }',
    problem: 'Cannot use "1up" in gateway.services',
  },
  {
    under: 'services',
    right: 'proto: { base: 35000, port: 85 }',
    wrong: '__proto__: { base: -1e300, port: 85 }',
    problem: 'Cannot use "__proto__" in gateway.services',
  },
  {
    under: 'services',
    right: 'busy: { base: 33000, port: 83, limits: { sessions: 100 } }',
    wrong: 'busy: { base: 33000, port: 83, limits: { sessions: 60000 } }',
    problem: 'Cannot allow 60,000 sessions for service busy',
  },
  {
    under: 'forwards',
    right: '- { listen: 8080, to: 10.0.0.5:80 }',
    wrong: '- { listen: 8080, to: 10.0.0.5:many }',
    problem: 'Cannot read forwards[0].to',
  },
  {
    under: 'forwards',
    right: '- { listen: 8081, to: 10.0.0.6:80 }',
    wrong: '- { listen: 8080, to: 10.0.0.6:80 }',
    problem: 'Cannot listen on 8080: forward 8080 needs port 8080 too',
  },
  {
    under: 'forwards',
    right: '- { listen: 8082, to: 10.0.0.7:80 }',
    wrong: '- { listen: x, to: "127.0.0.1:8080" }',
    problem: 'Cannot read forwards[2].listen',
  },
  {
    under: 'forwards',
    right: '- { listen: 8083, to: [10.0.0.8:80] }',
    wrong: '- { listen: 8083, to: [10.0.0.8:80, "10.0.0.9", 169.254.169.254:80] }',
    problem: 'Cannot read forwards[3].to[1]',
  },
  {
    under: 'forwards',
    right: '- { listen: 8084, to: "[::1]:9" }',
    wrong: '- { listen: 8084, to: "[::1]:8084" }',
    problem: "Cannot forward 8084 to [::1]:8084: that is this gateway's own listener",
  },
  {
    under: 'forwards',
    right: '- { listen: 8085, to: 10.0.0.5:85 }',
    wrong: '- { lisen: 8085, too: 10.0.0.5:85 }',
    problem: 'Cannot use key "lisen" in forwards[5]',
  },
];

/** What comes with a wrong part beside its own problem. */
const more: Readonly<Record<string, readonly string[]>> = {
  'Cannot use limits.perSource.burst alone': ['Cannot read limits.perSource.ipv4Prefix'],
  'Cannot use "1up" in gateway.services': [
    'Cannot read gateway.services.1up.base',
    'Cannot read gateway.services.1up.port',
    'Cannot use key "colour" in gateway.services.1up',
  ],
  'Cannot use "__proto__" in gateway.services': ['Cannot read gateway.services.__proto__.base'],
  'Cannot use key "lisen" in forwards[5]': ['Cannot use key "too" in forwards[5]'],
  'Cannot read access.deny[1]': ['Cannot read access.deny[2]'],
  'Cannot read forwards[2].listen': ["Cannot forward to 127.0.0.1:8080: that is this gateway's own listener"],
  'Cannot read forwards[3].to[1]': ['Cannot forward 8083 to 169.254.169.254:80'],
};

function file(wrong: ReadonlySet<Part>): string {
  const lines = (under: string, indent: string) =>
    parts.filter((part) => part.under === under).map((part) => `${indent}${wrong.has(part) ? part.wrong : part.right}`);
  return [
    ...lines('', ''),
    'gateway:',
    ...lines('gateway', '  '),
    '  services:',
    ...lines('services', '    '),
    ...['timeouts', 'access', 'limits', 'forwards'].flatMap((under) => [`${under}:`, ...lines(under, '  ')]),
  ].join('\n');
}

function expectTold(wrong: readonly Part[]): void {
  const told = planProblems({ yaml: file(new Set(wrong)) }).map((text) =>
    text.replace(/^floatgate\.yaml:\d+:\d+: /, ''),
  );
  const expected = wrong.flatMap(({ problem }) => [problem, ...(more[problem] ?? [])]);
  const left = [...told];
  for (const start of expected) {
    const index = left.findIndex((text) => text.startsWith(start));
    expect(index, `${start} is told among\n${told.join('\n')}`).not.toBe(-1);
    left.splice(index, 1);
  }
  expect(left).toEqual([]);
}

describe('every problem is told at once', () => {
  test('the file that they are put into is right', () => {
    expect(plan({ yaml: file(new Set()) }).listeners).toHaveLength(292);
  });

  test.each(parts)('$problem', (part) => expectTold([part]));

  test('any two of them', () => {
    for (const one of parts)
      for (const other of parts) if (parts.indexOf(one) < parts.indexOf(other)) expectTold([one, other]);
  });

  test('all of them', () => expectTold(parts));
});

describe('places', () => {
  test('of what is left in a list are those as written', () => {
    const yaml = 'forwards:\n  - { listen: x, to: "a:1" }\n  - { listen: 80, to: ["b", "169.254.0.1:1"] }\n';
    const places = planProblems({ yaml }).map((text) => /^floatgate.yaml:(\d+:\d+)/.exec(text)?.[1]);
    expect(places).toEqual(['2:15', '3:15', '3:24', '3:29']);
  });

  test('of values shared by an anchor are told for each use', () => {
    const yaml = 'access: { allow: &some [10.0.0.0/8, x], deny: *some }\nforwards: [{ listen: 80, to: "a:1" }]';
    expect(planProblems({ yaml })).toHaveLength(3);
  });
});

describe('before the metadata service is asked', () => {
  test('what does not depend on the subnet is told', () => {
    const loaded = load({
      yaml: 'gateway: { subnet: metadata }\nforwards: [{ listen: 80, to: "a:1" }, { listen: 8080, to: "127.0.0.1:8080" }]',
    });
    expect(findProblems(loaded, gatewayMachine)).toHaveLength(2);
  });

  test('a gateway without services is not said to serve nothing', () => {
    expect(findProblems(load({ flags: { subnet: 'metadata' } }), gatewayMachine)).toEqual([]);
  });
});
