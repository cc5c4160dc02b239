import { expect, test } from 'vitest';
import { diffPlans, isUnchanged } from '../../src/plan/diff-plans.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { plan } from './planning.ts';

/** Every value of a plan that is no mapping and no list, and the plan with another one in its place. */
function mutations(value: unknown, path: readonly string[] = []): [path: string, mutated: unknown][] {
  if (typeof value !== 'object' || value === null)
    return [[path.join('.'), typeof value === 'number' ? value + 1 : 'other']];
  return Object.entries(value).flatMap(([key, child]) =>
    mutations(child, [...path, key]).map(([name, mutated]): [string, unknown] => {
      const copy: Record<string, unknown> = { ...value, [key]: mutated };
      return [name, Array.isArray(value) ? Object.values(copy) : copy];
    }),
  );
}

/** For people, or for a summary of the plan alone. */
const withoutEffect =
  /^(engine\.why|automatic\.|services\.|notes\.|limits\.explanation|listeners\.\d\.bind\.(address|port))/;

/** A plan with all that may be in one. */
function richPlan(): Plan {
  return plan({
    yaml: `gateway: { subnet: 192.168.20.0/24, hosts: 1-2 }
limits: { perSource: { rate: 20/m, burst: 30 }, perTarget: { sessions: 9 } }
public: 203.0.113.7
dialFrom: 192.168.20.17
acceptProxy: { from: 10.0.0.7 }
access: { deny: 10.9.0.0/16 }
timeouts: { maxAge: 1d, silent: 1m }
log: { file: x }
control: { instance: a }
forwards:
  - { listen: 8080, to: [a:80], health: {}, limits: { sessions: 9, perSource: { sessions: 5 } } }`,
  });
}

test('no value of a plan can differ unnoticed', () => {
  const rich = richPlan();
  const unnoticed = mutations(rich).flatMap(([path, mutated]) =>
    isUnchanged(diffPlans(rich, mutated as Plan)) ? [path] : [],
  );
  expect(unnoticed.filter((path) => !withoutEffect.test(path))).toEqual([]);
  expect(isUnchanged(diffPlans(rich, structuredClone(rich)))).toBe(true);
});

/** The plan without what is at a path, which must be there. */
function without(value: object, [key = '', ...below]: readonly string[]): object {
  const there = new Map<string, unknown>(Object.entries(value));
  const child = there.get(key);
  expect(child, key).toBeDefined();
  if (below.length === 0) there.delete(key);
  else there.set(key, without(Object(child), below));
  return Array.isArray(value) ? [...there.values()] : Object.fromEntries(there);
}

test.each([
  'subnet',
  'publicAddresses.0',
  'ownAddresses.0',
  'limits.possibleLoops',
  'limits.perTarget',
  'limits.perSource',
  'limits.perSource.rate',
  'limits.perSource.ipv6Network',
  'limits.perSource.ipv6Network.rate',
  'listeners.0.host',
  'listeners.6.pool.health',
  'rules.service ssh.access.deny.0',
  'rules.service ssh.acceptProxyFrom.0',
  'rules.service ssh.dialFrom.0',
  'rules.service ssh.timeouts.maxAge',
  'rules.forward 8080.limits.sessions',
  'rules.forward 8080.limits.perSource',
  'rules.forward 8080.limits.perSource.sessions',
  'log.file',
  'control.instance',
])('%s cannot come or go unnoticed', (path) => {
  const rich = richPlan();
  const other = without(rich, path.split('.')) as Plan;
  expect([isUnchanged(diffPlans(rich, other)), isUnchanged(diffPlans(other, rich))]).toEqual([false, false]);
});
