import { deepEqual } from '../base/deep-equal.ts';
import { diffNames, type NameChanges } from './diff-names.ts';
import type { Plan, PlannedRules } from './plan.ts';
import { sourceParts } from './setting-parts.ts';

/** What has changed in the rules of services and forwards. */
interface RulesDiff {
  readonly changes: NameChanges;
  /** Names of those in which only figures differ that follow from the gateway's own. */
  readonly derived: readonly string[];
}

type Equal = (a: unknown, b: unknown) => boolean;

export function diffRules(old: Plan, next: Plan): RulesDiff {
  const equal = rememberingEqual();
  const followsGlobal = (before: PlannedRules, after: PlannedRules) =>
    before.perListener === old.limits.perListener && after.perListener === next.limits.perListener;
  const changes = diffNames(new Map(Object.entries(old.rules)), new Map(Object.entries(next.rules)), (before, after) =>
    changedKeys(before, after, equal).filter((key) => key !== 'limits.perListener' || !followsGlobal(before, after)),
  );
  const changed = new Set(changes.changed.map(({ name }) => name));
  const derived = Object.entries(next.rules).flatMap(([name, after]) => {
    const before = old.rules[name];
    return before === undefined || changed.has(name) || deepEqual(beside(before), beside(after)) ? [] : [name];
  });
  return { changes, derived };
}

/** By the keys of the configuration. */
function changedKeys(before: PlannedRules, after: PlannedRules, equal: Equal): readonly string[] {
  const differ = (key: string, of: (rules: PlannedRules) => unknown) => (equal(of(before), of(after)) ? [] : [key]);
  const timeouts = new Set([...Object.keys(before.timeouts), ...Object.keys(after.timeouts)]);
  return [
    ...differ('access.allow', ({ access }) => access.allow),
    ...differ('access.deny', ({ access }) => access.deny),
    ...differ('limits.sessions', ({ limits }) => limits.sessions),
    ...differ('limits.perListener', ({ perListener }) => perListener),
    ...sourceParts.flatMap(({ key, value }) => differ(key, ({ limits }) => value(limits))),
    ...[...timeouts].flatMap((key) =>
      differ(`timeouts.${key}`, (rules) => new Map(Object.entries(rules.timeouts)).get(key)),
    ),
    ...differ('acceptProxy.from', ({ acceptProxyFrom }) => acceptProxyFrom),
    ...differ('dialFrom', ({ dialFrom }) => dialFrom),
  ];
}

/** Rules without the lists of networks, which are long, and whose keys have been compared. */
function beside({ access: _, acceptProxyFrom: __, ...rest }: PlannedRules): unknown {
  return rest;
}

/** `deepEqual` that compares two lists once: all services may share them. */
function rememberingEqual(): Equal {
  const known = new Map<unknown, { readonly other: unknown; readonly equal: boolean }>();
  return (a, b) => {
    const last = known.get(a);
    if (last !== undefined && last.other === b) return last.equal;
    const equal = deepEqual(a, b);
    if (Array.isArray(a)) known.set(a, { other: b, equal });
    return equal;
  };
}
