import { describe, expect, test } from 'vitest';
import { load, problemsOf } from './load.ts';

/** A part of a configuration file, right and wrong; of the same `under` key each part is one more line. */
interface Part {
  readonly under: string;
  readonly right: string;
  readonly wrong: string;
  /** How the problem begins, its place left out. */
  readonly problem: string;
}

/** What is wrong with single values; none has to do with another. */
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
    under: 'services',
    right: 'http: { base: 31000, port: 80 }',
    wrong: 'http: { base: 31000 }',
    problem: 'Cannot read gateway.services.http: "port" is missing',
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
    under: 'forwards',
    right: '- { listen: 8080, to: 10.0.0.5:80 }',
    wrong: '- { listen: 8080, to: 10.0.0.5:many }',
    problem: 'Cannot read forwards[0].to',
  },
  {
    under: 'forwards',
    right: '- { listen: 8082, to: 10.0.0.7:80 }',
    wrong: '- { listen: x, to: 10.0.0.7:80 }',
    problem: 'Cannot read forwards[1].listen',
  },
  {
    under: 'forwards',
    right: '- { listen: 8083, to: [10.0.0.8:80] }',
    wrong: '- { listen: 8083, to: [10.0.0.8:80, "10.0.0.9", 10.0.0.9:x] }',
    problem: 'Cannot read forwards[2].to[1]',
  },
  {
    under: 'forwards',
    right: '- { listen: 8085, to: 10.0.0.5:85 }',
    wrong: '- { lisen: 8085, too: 10.0.0.5:85 }',
    problem: 'Cannot use key "lisen" in forwards[3]',
  },
  {
    under: 'limits',
    right: 'perSource: { ipv4Prefix: 24 }',
    wrong: 'perSource: { ipv4Prefix: 99, sessions: none }',
    problem: 'Cannot read limits.perSource.ipv4Prefix',
  },
];

/** What comes with a wrong part beside its own problem. */
const more: Readonly<Record<string, readonly string[]>> = {
  'Cannot read limits.perSource.ipv4Prefix': ['Cannot read limits.perSource.sessions'],
  'Cannot use "1up" in gateway.services': [
    'Cannot read gateway.services.1up.base',
    'Cannot read gateway.services.1up.port',
    'Cannot use key "colour" in gateway.services.1up',
  ],
  'Cannot use key "lisen" in forwards[3]': ['Cannot use key "too" in forwards[3]'],
  'Cannot read access.deny[1]': ['Cannot read access.deny[2]'],
  'Cannot read forwards[2].to[1]': ['Cannot read forwards[2].to[2]'],
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

function expectProblems(wrong: readonly Part[]): void {
  const found = problemsOf({ yaml: file(new Set(wrong)) }).map((text) =>
    text.replace(/^floatgate\.yaml:\d+:\d+: /, ''),
  );
  const expected = wrong.flatMap(({ problem }) => [problem, ...(more[problem] ?? [])]);
  const left = [...found];
  for (const start of expected) {
    const index = left.findIndex((text) => text.startsWith(start));
    expect(index, `${start} is among\n${found.join('\n')}`).not.toBe(-1);
    left.splice(index, 1);
  }
  expect(left).toEqual([]);
}

describe('every problem of the text is shown at once', () => {
  test('the file that they are put into is right', () => {
    expect(load({ yaml: file(new Set()) }).config.forwards).toHaveLength(4);
  });

  test.each(parts)('$problem', (part) => expectProblems([part]));

  test('any two of them', () => {
    for (const one of parts)
      for (const other of parts) if (parts.indexOf(one) < parts.indexOf(other)) expectProblems([one, other]);
  });

  test('all of them', () => expectProblems(parts));
});

test('values shared by an anchor have a problem for each use', () => {
  const yaml = 'access: { allow: &some [10.0.0.0/8, x], deny: *some }';
  expect(problemsOf({ yaml })).toHaveLength(2);
});

describe('one mistake is one problem', () => {
  test.each([
    ['a missing key that is mistyped', 'gateway: { services: { ssh: { base: 1, prot: 2 } } }'],
    ['a missing key of a forward that is mistyped', 'forwards: [{ listen: 8080, too: "a:1" }]'],
    ['a key that is misplaced', 'hosts: 1-20\ngateway: { subnet: 10.0.0.0/24 }'],
    ['a forward without a target', 'forwards: [{ listen: 8080 }]'],
    ['all forwards, under another name', 'forwrads: [{ listen: 8080, to: "a:1" }]'],
    ['a number beyond all bounds', 'limits: { sessions: -1e300 }'],
    ['a key that is there twice', 'engine: auto\nengine: auto'],
    [
      'a target that is no target',
      'forwards: [{ listen: 8080, to: [{ target: x }, { target: "a:1", backup: true }] }]',
    ],
    ['what is no YAML', 'gateway: { hosts: [1-3 }\n'],
  ])('%s', (_, yaml) => {
    expect(problemsOf({ yaml })).toHaveLength(1);
  });
});
