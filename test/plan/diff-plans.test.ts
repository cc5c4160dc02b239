import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { diffPlans, isUnchanged, type PlanDiff } from '../../src/plan/diff-plans.ts';
import type { Plan, PlannedListener } from '../../src/plan/plan.ts';
import { plannedListener, plannedPool, plannedRules, plannedTarget, planOfListeners } from '../helpers/planned.ts';
import { gatewayMachine, plan } from './planning.ts';

/** A difference in short: names of listeners, and everything that is not empty. */
function shown({ listeners, pools, rules, settings, derived, needsRestart }: PlanDiff): Record<string, unknown> {
  const keys = (list: readonly PlannedListener[]) => list.map(({ key }) => key);
  const all = {
    added: keys(listeners.added),
    removed: keys(listeners.removed),
    changed: listeners.changed.map(({ before, after }) => `${before.pool.name} -> ${after.pool.name}`),
    blocked: keys(listeners.blocked),
    blocking: keys(listeners.blocking),
    newPools: pools.added,
    oldPools: pools.removed,
    pools: pools.changed.map(({ name, keys }) => `${name}: ${keys.join(', ')}`),
    newRules: rules.added,
    oldRules: rules.removed,
    rules: rules.changed.map(({ name, keys }) => `${name}: ${keys.join(', ')}`),
    settings: settings.map(({ name, before, after }) => `${name}: ${before} -> ${after}`),
    derived,
    needsRestart: needsRestart.map(({ name, before, after }) => `${name}: ${before} -> ${after}`),
  };
  return Object.fromEntries(Object.entries(all).filter(([, list]) => list.length > 0));
}

/** Limits that no listener changes. */
const fixed = 'limits: { sessions: 1000, perListener: 100, perSource: { sessions: 10 } }';
const yaml = (text: string) => ({ yaml: `${fixed}\n${text}` });
const forward = (rest: string) => yaml(`forwards: [{ listen: 10.0.0.1:8080, ${rest} }]`);
const subnet = (rest: string) => yaml(`gateway: { subnet: 192.168.20.0/24, ${rest} }\nbind: 0.0.0.0`);
const ssh = 'services: { ssh: { base: 30000, port: 22 } }';
const addresses = (...more: string[]) => ({
  addresses: [
    ...gatewayMachine.addresses,
    ...more.map((address) => ({ interface: 'ens4', address, family: 4 as const, prefix: 24 })),
  ],
});

type Sources = Parameters<typeof plan>[0];
const table: Record<string, [old: Sources, next: Sources, expected: Record<string, unknown>]> = {
  nothing: [subnet(`hosts: 1-3, ${ssh}`), subnet(`hosts: 1-3, ${ssh}`), {}],
  'a host more, another one less': [
    subnet(`hosts: '1,2', ${ssh}`),
    subnet(`hosts: '2,3', ${ssh}`),
    { added: ['0.0.0.0:30003'], removed: ['0.0.0.0:30001'], newPools: ['ssh/3'], oldPools: ['ssh/1'] },
  ],
  'another port of the hosts': [
    subnet(`hosts: '1', ${ssh}`),
    subnet("hosts: '1', services: { ssh: { base: 30000, port: 2222 } }"),
    { pools: ['ssh/1: targets'] },
  ],
  'another name of a service': [
    subnet(`hosts: '1', ${ssh}`),
    subnet("hosts: '1', services: { shell: { base: 30000, port: 22 } }"),
    {
      changed: ['ssh/1 -> shell/1'],
      newPools: ['shell/1'],
      oldPools: ['ssh/1'],
      newRules: ['service shell'],
      oldRules: ['service ssh'],
    },
  ],
  'another base, so that ports lead to other hosts': [
    subnet(`hosts: '1,2', ${ssh}`),
    subnet("hosts: '1,2', services: { ssh: { base: 30001, port: 22 } }"),
    { changed: ['ssh/2 -> ssh/1'], added: ['0.0.0.0:30003'], removed: ['0.0.0.0:30001'] },
  ],
  'another subnet': [
    subnet(`hosts: '1', ${ssh}`),
    yaml(`gateway: { subnet: 10.0.0.0/24, hosts: '1', ${ssh} }\nbind: 0.0.0.0`),
    { pools: ['ssh/1: targets'], settings: ['gateway.subnet: 192.168.20.0/24 -> 10.0.0.0/24'] },
  ],
  'a target more': [
    forward('to: 10.0.0.5:80'),
    forward('to: [10.0.0.5:80, 10.0.0.6:80]'),
    { pools: ['10.0.0.1:8080: targets'] },
  ],
  'how targets are chosen and checked': [
    forward('to: [10.0.0.5:80, 10.0.0.6:80]'),
    forward('to: [10.0.0.5:80, 10.0.0.6:80], balance: leastconn, health: {}, proxyProtocol: v2'),
    { pools: ['10.0.0.1:8080: proxyProtocol, balance, health'], derived: ['limits'] },
  ],
  'own rules': [
    forward('to: 10.0.0.5:80'),
    forward(
      'to: 10.0.0.5:80, access: { deny: 10.1.0.0/16 }, timeouts: { idle: 1h, maxAge: 1d }, ' +
        'limits: { sessions: 9, perListener: 5, perSource: { rate: 5/m } }',
    ),
    {
      rules: [
        'forward 10.0.0.1:8080: access.deny, limits.sessions, limits.perListener, limits.perSource.rate, ' +
          'limits.perSource.burst, limits.perSource.ipv4Prefix, limits.perSource.ipv6Prefix, ' +
          'timeouts.idle, timeouts.maxAge',
      ],
    },
  ],
  'one address in place of all': [
    yaml('bind: [0.0.0.0]\nforwards: [{ listen: 8080, to: 10.0.0.5:80 }]'),
    {
      ...yaml('bind: [10.0.0.1, 10.0.0.2]\nforwards: [{ listen: 8080, to: 10.0.0.5:80 }]'),
      facts: addresses('10.0.0.1', '10.0.0.2'),
    },
    {
      added: ['10.0.0.1:8080', '10.0.0.2:8080'],
      removed: ['0.0.0.0:8080'],
      blocked: ['10.0.0.1:8080', '10.0.0.2:8080'],
      blocking: ['0.0.0.0:8080'],
      derived: ['ownAddresses'],
    },
  ],
  'both families in one socket': [
    yaml('bind: "::"\nforwards: [{ listen: 8080, to: 10.0.0.5:80 }]'),
    yaml('forwards: [{ listen: 8080, to: 10.0.0.5:80 }]'),
    { added: ['[::]:8080'], removed: ['[::]:8080'], blocked: ['[::]:8080'], blocking: ['[::]:8080'] },
  ],
  "an address on another port is in nobody's way": [
    yaml('forwards: [{ listen: 8080, to: 10.0.0.5:80 }]'),
    yaml('forwards: [{ listen: 10.0.0.1:8081, to: 10.0.0.5:80 }]'),
    {
      added: ['10.0.0.1:8081'],
      removed: ['[::]:8080'],
      newPools: ['10.0.0.1:8081'],
      oldPools: ['8080'],
      newRules: ['forward 10.0.0.1:8081'],
      oldRules: ['forward 8080'],
    },
  ],
};

describe('the difference of two plans', () => {
  it.each(Object.entries(table))('%s', (_, [old, next, expected]) => {
    const diff = diffPlans(plan(old), plan(next));
    expect(shown(diff)).toEqual(expected);
    expect(isUnchanged(diff)).toBe(Object.keys(expected).length === 0);
  });

  it('shows settings as people read them', () => {
    const to = 'forwards: [{ listen: 8080, to: 10.0.0.5:80 }]';
    const old = plan({ yaml: `limits: { sessions: 2000, memory: 64MiB }\nlog: { level: info }\n${to}` });
    const next = plan({
      yaml:
        'limits: { sessions: 3000, memory: 1GiB, perSource: { rate: 20/m }, perTarget: { sessions: 5 }, ' +
        'possibleLoops: unlimited }\nnames: { stale: 90s }\ndrain: { grace: 5s, until: empty }\n' +
        `control: { instance: a }\nlog: { level: debug, format: json, file: x }\n${to}\n` +
        `public: [${[1, 2, 3, 4, 5, 6].map((host) => `203.0.113.${host}`).join(', ')}]\nengine: stream`,
    });
    expect(shown(diffPlans(old, next))).toEqual({
      settings: [
        'public:  -> 203.0.113.1, 203.0.113.2, 203.0.113.3, 203.0.113.4 and 2 more',
        'limits.sessions: 2,000 -> 3,000',
        'limits.memory: 64 MiB -> 1 GiB',
        'limits.perSource.rate:  -> 20 per 1m',
        'limits.perSource.burst:  -> 20',
        'limits.perTarget.sessions:  -> 5',
        'limits.possibleLoops: 64 -> ',
        'names.stale: 1h -> 1m30s',
        'drain.grace: 0s -> 5s',
        'drain.until: deadline -> empty',
        'log.level: info -> debug',
      ],
      derived: ['limits', 'forward 8080'],
      needsRestart: ['log.file:  -> x', 'log.format: auto -> json', 'control.instance:  -> a'],
    });
  });

  it('takes nothing for a change of rules that follows from the number of sessions', () => {
    const old = plan({ yaml: 'forwards: [{ listen: 8080, to: a:80 }, { listen: 8081, to: a:80 }]' });
    const next = plan({
      yaml: 'forwards: [{ listen: 8080, to: a:80 }, { listen: 8081, to: a:80 }]\nlimits: { sessions: 100 }',
    });
    const diff = diffPlans(old, next);
    expect(shown(diff)).toEqual({
      settings: ['limits.sessions: 9,690 -> 100'],
      derived: ['limits', 'forward 8080', 'forward 8081'],
    });
    expect(isUnchanged(diff)).toBe(false);
  });

  it('takes nothing for a change of settings that follows from the number of listeners', () => {
    const withHosts = (hosts: string) => plan({ yaml: `gateway: { hosts: ${hosts}, ${ssh} }` });
    const diff = diffPlans(withHosts('1-200'), withHosts('1-204'));
    expect(diff.listeners.added).toHaveLength(4);
    expect(diff.settings).toEqual([]);
    expect(diff.derived).toEqual(['limits', 'service ssh']);
  });
});

describe('listeners', () => {
  const bind = fc.record({
    address: fc.constantFrom('0.0.0.0', '::', '10.0.0.1', '10.0.0.2', '::1'),
    port: fc.integer({ min: 1, max: 4 }),
    dualStack: fc.boolean(),
  });
  const listener = fc
    .record({ bind, pool: fc.constantFrom('a', 'b'), name: fc.constantFrom('one', 'two'), port: fc.integer() })
    .map(({ bind, pool, name, port }) =>
      plannedListener(bind, plannedPool([plannedTarget(port)], { name: pool }), { name }),
    );
  const listeners = fc.uniqueArray(listener, { selector: ({ key }) => key, maxLength: 12 });

  it('of the next plan are those of the old one after the changes', () => {
    fc.assert(
      fc.property(listeners, listeners, (old, next) => {
        const rules = plannedRules();
        const diff = diffPlans(planOfListeners('stream', old, rules), planOfListeners('stream', next, rules)).listeners;
        const served = new Map(old.map((one) => [one.key, one]));
        for (const one of diff.removed) expect(served.delete(one.key)).toBe(true);
        for (const { before, after } of diff.changed) {
          expect(served.get(before.key)).toBe(before);
          expect(after.bind).toEqual(before.bind);
          served.set(after.key, after);
        }
        for (const one of diff.added) {
          expect(served.has(one.key)).toBe(false);
          served.set(one.key, one);
        }
        const identity = ({ key, name, bind, pool }: PlannedListener) => [key, name, bind, pool.name];
        const sorted = (list: Iterable<PlannedListener>) => new Map([...list].map((one) => [one.key, identity(one)]));
        expect(sorted(served.values())).toEqual(sorted(next));
        expect(diff.added).toEqual(expect.arrayContaining([...diff.blocked]));
        expect(diff.removed).toEqual(expect.arrayContaining([...diff.blocking]));
        expect(diff.blocked.length > 0).toBe(diff.blocking.length > 0);
      }),
      { numRuns: 200 },
    );
  });
});

test('a million networks that three services share are compared', () => {
  const list = () => Array.from({ length: 1_000_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
  const listener = plannedListener({ address: '::', port: 1, dualStack: true }, plannedPool([plannedTarget(1)]));
  const planWith = (deny: readonly string[]): Plan => {
    const rules = plannedRules({ access: { allow: [], deny } });
    return { ...planOfListeners('stream', [listener], rules), rules: { a: rules, b: rules, c: rules } };
  };
  const [old, next] = [planWith(list()), planWith([...list().slice(1), '10.0.0.0/8'])];
  expect(diffPlans(old, next).rules.changed.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(isUnchanged(diffPlans(old, old))).toBe(true);
});
