import { deepEqual } from '../base/deep-equal.ts';
import { clash } from './bind-addresses.ts';
import { diffNames, type NameChanges } from './diff-names.ts';
import { diffRules } from './diff-rules.ts';
import { liveSettings, restartSettings, type SettingChange, settingChanges } from './diff-settings.ts';
import type { Plan, PlannedListener, PlannedPool } from './plan.ts';

export type { SettingChange } from './diff-settings.ts';

/** What is different in the next plan. Plain data. */
export interface PlanDiff {
  readonly listeners: {
    readonly added: readonly PlannedListener[];
    readonly removed: readonly PlannedListener[];
    /** The socket stays; it leads elsewhere, or belongs to another service or forward. */
    readonly changed: readonly { readonly before: PlannedListener; readonly after: PlannedListener }[];
    /**
     * Those of `added` that cannot be bound while one of `removed` is: 0.0.0.0:80 becomes 10.0.0.7:80, or the same
     * address becomes dual-stack. (Such a listener is in `removed` and `added`, with the same key.)
     */
    readonly blocked: readonly PlannedListener[];
    /** Those of `removed` that are in the way of `blocked`. */
    readonly blocking: readonly PlannedListener[];
  };
  readonly pools: NameChanges;
  readonly rules: NameChanges;
  /** Settings of the gateway as a whole, by the path of their keys: `limits.sessions`, `drain.grace`, `public`. */
  readonly settings: readonly SettingChange[];
  /**
   * Parts of the plan with figures that follow from others: `limits`, `ownAddresses`, and rules by name that are not in
   * `rules` (`perListener: auto` follows the number of sessions). Nothing for people, but a gateway must apply them.
   */
  readonly derived: readonly string[];
  /** What a running gateway cannot change: `engine`, `log.file`, `log.format`, `control`. */
  readonly needsRestart: readonly SettingChange[];
}

/** Compares two plans: listeners by key, pools and rules by name. Pure. */
export function diffPlans(old: Plan, next: Plan): PlanDiff {
  const rules = diffRules(old, next);
  return {
    listeners: diffListeners(old.listeners, next.listeners),
    pools: diffNames(poolsOf(old), poolsOf(next), changedPool),
    rules: rules.changes,
    settings: settingChanges(liveSettings, old, next),
    derived: [
      ...(sameLimits(old, next) ? [] : ['limits']),
      ...(deepEqual(old.ownAddresses, next.ownAddresses) ? [] : ['ownAddresses']),
      ...rules.derived,
    ],
    needsRestart: settingChanges(restartSettings, old, next),
  };
}

/** Whether nothing at all is different that a gateway would have to do something about. */
export function isUnchanged({ listeners, pools, rules, settings, derived, needsRestart }: PlanDiff): boolean {
  const { added, removed, changed } = listeners;
  return [added, removed, changed, settings, derived, needsRestart, pools, rules].every((part) =>
    'length' in part ? part.length === 0 : part.added.length + part.removed.length + part.changed.length === 0,
  );
}

function diffListeners(old: Plan['listeners'], next: Plan['listeners']): PlanDiff['listeners'] {
  const before = new Map(old.map((listener) => [listener.key, listener]));
  const added: PlannedListener[] = [];
  const changed: { before: PlannedListener; after: PlannedListener }[] = [];
  for (const after of next) {
    const was = before.get(after.key);
    // Another socket must be bound in its place.
    if (was === undefined || was.bind.dualStack !== after.bind.dualStack) {
      added.push(after);
      continue;
    }
    before.delete(after.key);
    if (!deepEqual(routeOf(was), routeOf(after))) changed.push({ before: was, after });
  }
  const removed = [...before.values()];
  return { added, removed, changed, ...conflicts(added, removed) };
}

/** Where a listener leads, by name: what its pool and its rules are is compared once for each of them. */
function routeOf({ kind, name, host, rules, pool }: PlannedListener): unknown {
  return [kind, name, host, rules, pool.name];
}

/** A listener that stays is in nobody's way: the next plan is free of conflicts. */
function conflicts(
  added: readonly PlannedListener[],
  removed: readonly PlannedListener[],
): Pick<PlanDiff['listeners'], 'blocked' | 'blocking'> {
  const byPort = new Map<number, PlannedListener[]>();
  for (const listener of removed) {
    const { port } = listener.bind;
    byPort.set(port, [...(byPort.get(port) ?? []), listener]);
  }
  const inTheWay = ({ bind }: PlannedListener) =>
    (byPort.get(bind.port) ?? []).filter((listener) => clash(listener.bind, bind));
  const blocking = new Set(added.flatMap(inTheWay));
  return {
    blocked: added.filter((listener) => inTheWay(listener).length > 0),
    blocking: removed.filter((listener) => blocking.has(listener)),
  };
}

function poolsOf({ listeners }: Plan): ReadonlyMap<string, PlannedPool> {
  return new Map(listeners.map(({ pool }) => [pool.name, pool]));
}

function changedPool(before: PlannedPool, after: PlannedPool): readonly string[] {
  const bare = ({ targets }: PlannedPool) => targets.map(({ proxyProtocol: _, ...target }) => target);
  const onlyHeader = deepEqual(bare(before), bare(after));
  return (['targets', 'balance', 'health'] as const)
    .filter((key) => !deepEqual(before[key], after[key]))
    .map((key) => (key === 'targets' && onlyHeader ? 'proxyProtocol' : key));
}

/** Whatever a gateway is given of them; the explanation is for people alone. */
function sameLimits(old: Plan, next: Plan): boolean {
  return deepEqual({ ...old.limits, explanation: '' }, { ...next.limits, explanation: '' });
}
