import { expect, test } from 'vitest';
import { readConfig } from '../../src/config/read-config.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { shownProblems, type WrittenSources, written } from '../config/load.ts';
import { gatewayMachine } from './planning.ts';

/** A configuration with some values wrong, each of them beside what is right there. */
interface Mistakes {
  readonly values: readonly (readonly [wrong: string, right: string])[];
  /** `$0` stands for the first value. */
  readonly sources: WrittenSources;
}

/* What is shown for a value that is wrong beside others of its phase does not depend on whether these are. */
const mistakes: Readonly<Record<string, Mistakes>> = {
  'two ways to refuse one value': {
    values: [
      ['169.254.0.0/16', '10.0.0.0/24'],
      ['"x,y"', '1-20'],
      ['-1e300', '500'],
      ['90000', '100'],
    ],
    sources: { yaml: 'gateway: { subnet: $0, hosts: $1 }\nlimits: { sessions: $2, perListener: $3 }' },
  },
  'within a service whose name is wrong': {
    values: [
      ['1ssh', 'ssh'],
      ['many', '30000'],
      ['99999', '22'],
      ['colour', 'proxyProtocol'],
    ],
    sources: { yaml: 'gateway: { subnet: 10.0.0.0/24, services: { $0: { base: $1, port: $2, $3: off } } }' },
  },
  'nothing to serve': {
    values: [
      ['fast', 'auto'],
      ['[]', '1-20'],
      ['many', '30000'],
    ],
    sources: {
      yaml: 'engine: $0\ngateway: { subnet: 10.0.0.0/24, hosts: $1, services: { ssh: { base: $2, port: 22 } } }',
    },
  },
  'items of lists': {
    values: [
      ['x', '"::1"'],
      ['127.0.0.1:8080', '10.0.0.1:80'],
      ['y', '10'],
      ['30005', '31000'],
      ['65530', '33000'],
    ],
    sources: {
      yaml: `bind: [127.0.0.1, $0]
forwards: [{ listen: 8080, to: "$1" }]
gateway:
  subnet: 10.0.0.0/24
  hosts: [$2, 1-20]
  services: { a: { base: 30000, port: 1 }, b: { base: $3, port: 2 }, c: { base: $4, port: 3 } }`,
    },
  },
  'no subnet yet': {
    values: [
      ['10.0.0.1', '10.0.0.0/24'],
      ['30000', '31000'],
      ['65530', '33000'],
      ['500', '22000'],
    ],
    sources: {
      yaml: `gateway:
  subnet: $0
  hosts: 1-20
  services:
    a: { base: 30000, port: 3 }
    b: { base: $1, port: 1 }
    c: { base: $2, port: 1 }
    d: { base: $3, port: 1 }`,
    },
  },
  'values shared by an anchor': {
    values: [
      ['x', 'b:1'],
      ['169.254.0.1:1', 'c:1'],
    ],
    sources: {
      yaml:
        'forwards: [{ listen: 8080, to: &t ["a:1", "$0", "$1"] ' +
        '}, { listen: 8081, to: *t }, { listen: 8082, to: "d:1" }]',
    },
  },
  'keys given twice': {
    values: [
      ['listen', 'balance'],
      ['to', 'proxyProtocol'],
      ['fast', 'auto'],
    ],
    sources: { yaml: 'engine: $2\nforwards: [{ listen: 8080, $0: source, to: "a:1", $1: off }]' },
  },
  'a limit of sources': {
    values: [
      ['burst: 5', 'rate: 5/s'],
      ['99', '24'],
      ['none', '64'],
    ],
    sources: {
      yaml: 'gateway: { subnet: 10.0.0.0/24 }\nlimits: { perSource: { $0, ipv4Prefix: $1, ipv6Prefix: $2 } }',
    },
  },
  'several layers': {
    values: [
      ['90000', '700'],
      ['many', '800'],
      ['nowhere', '10.0.0.0/24'],
      ['ssh', 'ssh=30000:22'],
      ['1db=31000:1', 'db=31000:1'],
    ],
    sources: {
      yaml: 'limits: { perListener: $0 }',
      environment: { FLOATGATE_SESSIONS: '$1', FLOATGATE_SUBNET: '$2' },
      flags: { service: ['$3', '$4'] },
    },
  },
  'forwards as typed': {
    values: [
      ['8080', '8080=a:1'],
      ['8081=127.0.0.1:8081', '8081=b:1'],
      ['x=c:1', '8082=c:1'],
      ['8083=169.254.0.1:1', '8083=d:1'],
      ['fast', 'auto'],
    ],
    sources: {
      command: 'forward',
      forwards: ['$0', '$1', '$2', '$3'],
      flags: { engine: '$4' },
    },
  },
};

test.each(Object.entries(mistakes))(
  '%s: when a problem of one phase is corrected, no new problem of that phase is shown',
  (_, { values, sources }) => {
    const all = 2 ** values.length;
    const found = Array.from({ length: all }, (_, wrong) => problemsWith(sources, values, wrong));
    expect(found[0]?.shown, 'all of it right').toEqual([]);
    for (let wrong = 1; wrong < all; wrong += 1) {
      const { phase, shown = [] } = found[wrong] ?? {};
      expect(shown.length, `something is shown for ${wrong.toString(2)}`).toBeGreaterThan(0);
      expect(new Set(shown).size, `each problem of ${wrong.toString(2)} is shown once`).toBe(shown.length);
      for (const index of values.keys()) {
        const corrected = wrong & ~(2 ** index);
        const after = found[corrected];
        const step = `${wrong.toString(2)}, then ${corrected.toString(2)}`;
        if (after?.phase === phase) expect(shown, step).toEqual(expect.arrayContaining([...(after?.shown ?? [])]));
        else expect([phase, after?.phase], step).toEqual(['text', 'plan']);
      }
    }
  },
);

interface Found {
  readonly phase: 'text' | 'plan';
  /** Each problem up to its first figure or proposal. */
  readonly shown: readonly string[];
}

/** What is shown where those values are wrong whose bit is set. */
function problemsWith(sources: WrittenSources, values: Mistakes['values'], wrong: number): Found {
  const filled = JSON.stringify(sources).replaceAll(/\$(\d)/g, (_, index: string) => {
    const [bad, good] = values[Number(index)] ?? ['', ''];
    return JSON.stringify(Math.floor(wrong / 2 ** Number(index)) % 2 === 1 ? bad : good).slice(1, -1);
  });
  const given: WrittenSources = JSON.parse(filled);
  const all = written(given);
  const read = readConfig(all);
  const made = read.ok ? buildPlan(read.value, gatewayMachine) : read;
  const problems = made.ok ? [] : shownProblems(made.problems, all.file);
  const shown = problems.map((text) => {
    const [, place = '', message = ''] = /^(?:floatgate\.yaml:(\d+):\d+|\S+(?: \S+)?): (Cannot .*)/.exec(text) ?? [];
    return `${place} ${message.split(/: |;/)[0]?.replace('1ssh', 'ssh')}`;
  });
  return { phase: read.ok ? 'plan' : 'text', shown };
}
