import type { Reloaded } from '../admin/schemas.ts';
import { count } from '../base/count.ts';
import { numberRanges } from '../base/number-ranges.ts';
import type { PlanDiff, SettingChange } from '../plan/diff-plans.ts';
import type { Plan, PlannedListener } from '../plan/plan.ts';
import { addressesText, servedForward, targetsLine } from '../plan/served.ts';

type Change = Reloaded['changes'][number];

/** Sessions that live now, by the key of the listener that they came in through. */
export type SessionsThrough = (listener: string) => number;

/** What a diff means, a line for each service, forward and setting, with the sessions that each concerns. */
export function describeChanges(
  { listeners, pools, rules, settings }: PlanDiff,
  { old, next }: { readonly old: Plan; readonly next: Plan },
  sessions: SessionsThrough,
): readonly Change[] {
  return [
    ...addedListeners(listeners.added, sessions),
    ...byRules(listeners.removed).map(([, group]) => listenerChange('removed', group, sessions)),
    ...byRules(listeners.changed.map(({ after }) => after)).map(([, group]) =>
      listenerChange('changed', group, sessions),
    ),
    ...poolChanges(pools.changed, old, next, sessions),
    ...rules.changed.map(({ name, keys }): Change => {
      const through = next.listeners.filter((listener) => listener.rules === name);
      return { kind: 'changed', what: 'rules', name, detail: keys.join(', '), sessions: sum(through, sessions) };
    }),
    ...settings.map((setting): Change => {
      return { kind: 'changed', what: 'setting', name: setting.name, detail: valuesText(setting), sessions: 0 };
    }),
  ];
}

/** Listeners that are open now and were not, a line for each service and forward. */
export function addedListeners(added: readonly PlannedListener[], sessions: SessionsThrough): readonly Change[] {
  return byRules(added).map(([, group]) => listenerChange('added', group, sessions));
}

/**
 * For the log and the history: `2 listeners added, 1 pool changed`.
 * @param opened listeners that were skipped before, and are open now
 */
export function summaryOf({ listeners, pools, rules, settings }: PlanDiff, opened: number): string {
  const parts = [
    [listeners.added.length, 'listener', 'added'],
    [listeners.removed.length, 'listener', 'removed'],
    [listeners.changed.length, 'listener', 'changed'],
    [pools.changed.length, 'pool', 'changed'],
    [rules.changed.length, 'set of rules', 'changed'],
    [settings.length, 'setting', 'changed'],
    [opened, 'skipped listener', 'opened'],
  ] as const;
  const texts = parts.flatMap(([number, noun, verb]) => (number === 0 ? [] : [`${counted(number, noun)} ${verb}`]));
  return texts.length === 0 ? 'nothing has changed' : texts.join(', ');
}

/** `5s, before 2s`. */
function valuesText({ before, after }: SettingChange): string {
  const [now, then] = [after === '' ? 'none' : after, before === '' ? 'none' : before];
  return `${now}, before ${then}`;
}

function counted(number: number, noun: string): string {
  if (noun !== 'set of rules') return count(number, noun);
  return number === 1 ? '1 set of rules' : `${number} sets of rules`;
}

function byRules(listeners: readonly PlannedListener[]): readonly (readonly [string, readonly PlannedListener[]])[] {
  const groups = new Map<string, PlannedListener[]>();
  for (const listener of listeners) {
    const group = groups.get(listener.rules);
    if (group === undefined) groups.set(listener.rules, [listener]);
    else group.push(listener);
  }
  return [...groups];
}

function listenerChange(kind: Change['kind'], group: readonly PlannedListener[], sessions: SessionsThrough): Change {
  const ports = [...new Set(group.map(({ bind }) => bind.port))].sort((a, b) => a - b);
  const [first] = group;
  const leads =
    first?.kind === 'forward'
      ? `to ${targetsLine(servedForward(first.name, group))}`
      : `to hosts ${numberRanges(hostsOf(group))}`;
  const detail = `${ports.length === 1 ? 'port' : 'ports'} ${numberRanges(ports)} ${addressesText(group)} ${leads}`;
  return { kind, what: 'listeners', name: first?.rules ?? '', detail, sessions: sum(group, sessions) };
}

/** Pools of one service that differ in the same keys are one line. */
function poolChanges(
  changed: PlanDiff['pools']['changed'],
  old: Plan,
  next: Plan,
  sessions: SessionsThrough,
): readonly Change[] {
  const before = new Map(old.listeners.map((listener) => [listener.pool.name, listener]));
  const after = new Map<string, PlannedListener[]>();
  for (const listener of next.listeners) {
    const group = after.get(listener.pool.name);
    if (group === undefined) after.set(listener.pool.name, [listener]);
    else group.push(listener);
  }
  const rows = new Map<string, { keys: readonly string[]; names: string[]; listeners: PlannedListener[] }>();
  for (const { name, keys } of changed) {
    const listeners = after.get(name) ?? [];
    const key = `${listeners[0]?.rules} ${keys.join()}`;
    const row = rows.get(key) ?? { keys, names: [], listeners: [] };
    row.names.push(name);
    row.listeners.push(...listeners);
    rows.set(key, row);
  }
  return [...rows.values()].map(({ keys, names, listeners }): Change => {
    const [first] = listeners;
    const only = names.length === 1 ? names[0] : undefined;
    const was = only === undefined ? undefined : before.get(only);
    const targets = (one: PlannedListener) => targetsLine(servedForward(one.name, [one]));
    const detail =
      first !== undefined && was !== undefined && keys.includes('targets')
        ? valuesText({ name: '', before: targets(was), after: targets(first) })
        : keys.join(', ');
    const name = only ?? `${names.length} pools of ${first?.rules}`;
    return { kind: 'changed', what: 'pool', name, detail, sessions: sum(listeners, sessions) };
  });
}

function hostsOf(group: readonly PlannedListener[]): readonly number[] {
  return [...new Set(group.flatMap(({ host = [] }) => host))].sort((a, b) => a - b);
}

function sum(listeners: readonly PlannedListener[], sessions: SessionsThrough): number {
  return listeners.reduce((all, { key }) => all + sessions(key), 0);
}
