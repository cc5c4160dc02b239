import { formatDuration } from '../base/duration.ts';
import { clash } from './bind-addresses.ts';
import type { Plan, PlannedListener } from './plan.ts';
import { differingKeys, same } from './same.ts';

/** What is different in the next plan. Plain data. */
export interface PlanDiff {
  readonly listeners: {
    readonly added: readonly PlannedListener[];
    readonly removed: readonly PlannedListener[];
    /** The socket stays; it leads elsewhere, or belongs to another service or forward. */
    readonly changed: readonly { readonly before: PlannedListener; readonly after: PlannedListener }[];
    /**
     * Those of `added` that cannot be bound while one of `removed` is: 0.0.0.0:80 becomes 10.0.0.7:80, or the same
     * address becomes dual-stack. Such a listener is in `removed` and `added`, with the same key.
     */
    readonly blocked: readonly PlannedListener[];
    /** Those of `removed` that are in the way of `blocked`. */
    readonly blocking: readonly PlannedListener[];
  };
  readonly pools: NameChanges;
  readonly rules: NameChanges;
  /** Settings of the gateway as a whole, by the path of their keys: `limits.sessions`, `drain.grace`, `public`. */
  readonly settings: readonly SettingChange[];
  /** What a running gateway cannot change: `engine`, `log.file`, `log.format`, `control.socket`. */
  readonly needsRestart: readonly SettingChange[];
}

export interface NameChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** With the keys that differ, for people: `access`, `timeouts.idle`, `targets`. */
  readonly changed: readonly { readonly name: string; readonly keys: readonly string[] }[];
}

export interface SettingChange {
  readonly name: string;
  /** As people read them; empty where there is none. */
  readonly before: string;
  readonly after: string;
}

/** Compares two plans: listeners by key, pools and rules by name. Pure. */
export function diffPlans(old: Plan, next: Plan): PlanDiff {
  return {
    listeners: listenerChanges(old.listeners, next.listeners),
    pools: nameChanges(poolsOf(old), poolsOf(next)),
    rules: nameChanges(Object.entries(old.rules), Object.entries(next.rules)),
    settings: settingChanges(old, next),
    needsRestart: changesOf([
      ['engine', old.engine.name, next.engine.name],
      ['log.file', old.log.file, next.log.file],
      ['log.format', old.log.format, next.log.format],
      ['log.quiet', old.log.quiet, next.log.quiet],
      ['control.socket', socketText(old), socketText(next)],
      ['control.instance', old.control.instance, next.control.instance],
    ]),
  };
}

/** Whether a gateway would have nothing to do. */
export function isUnchanged(old: Plan, next: Plan): boolean {
  const { notes: _, ownAddresses: __, engine: ___, ...before } = old;
  const { notes: ____, ownAddresses: _____, engine: ______, ...after } = next;
  return old.engine.name === next.engine.name && same(before, after);
}

function listenerChanges(old: readonly PlannedListener[], next: readonly PlannedListener[]): PlanDiff['listeners'] {
  const before = new Map(old.map((listener) => [listener.key, listener]));
  const after = new Map(next.map((listener) => [listener.key, listener]));
  const stays = (listener: PlannedListener): boolean =>
    before.get(listener.key)?.bind.dualStack === after.get(listener.key)?.bind.dualStack;
  const added = next.filter((listener) => !stays(listener));
  const removed = old.filter((listener) => !stays(listener));
  const onPort = new Map<number, PlannedListener[]>();
  for (const listener of removed) onPort.set(listener.bind.port, [...(onPort.get(listener.bind.port) ?? []), listener]);
  const inTheWay = ({ bind }: PlannedListener) => (onPort.get(bind.port) ?? []).filter((one) => clash(one.bind, bind));
  const blocked = added.filter((listener) => inTheWay(listener).length > 0);
  return {
    added,
    removed,
    changed: next.flatMap((listener) => {
      const was = before.get(listener.key);
      return was !== undefined && stays(listener) && leadsElsewhere(was, listener)
        ? [{ before: was, after: listener }]
        : [];
    }),
    blocked,
    blocking: [...new Set(blocked.flatMap(inTheWay))],
  };
}

function leadsElsewhere(before: PlannedListener, after: PlannedListener): boolean {
  return (
    before.kind !== after.kind ||
    before.name !== after.name ||
    before.host !== after.host ||
    before.rules !== after.rules ||
    before.pool.name !== after.pool.name
  );
}

function poolsOf({ listeners }: Plan): readonly (readonly [string, object])[] {
  return [...new Map(listeners.map(({ pool }) => [pool.name, pool]))];
}

function nameChanges(
  old: readonly (readonly [string, object])[],
  next: readonly (readonly [string, object])[],
): NameChanges {
  const before = new Map(old);
  const after = new Map(next);
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...after].flatMap(([name, value]) => {
      const keys = differingKeys(before.get(name) ?? value, value);
      return keys.length === 0 ? [] : [{ name, keys }];
    }),
  };
}

function settingChanges(old: Plan, next: Plan): readonly SettingChange[] {
  return changesOf([
    ['gateway.subnet', old.subnet, next.subnet],
    ['public', old.publicAddresses.join(', '), next.publicAddresses.join(', ')],
    ['limits.sessions', old.limits.sessions, next.limits.sessions],
    ['limits.perListener', old.limits.perListener, next.limits.perListener],
    ['limits.perSource', sourceText(old), sourceText(next)],
    ['limits.perTarget', old.limits.perTarget, next.limits.perTarget],
    ['limits.possibleLoops', old.limits.possibleLoops, next.limits.possibleLoops],
    ['drain.grace', formatDuration(old.drain.grace), formatDuration(next.drain.grace)],
    ['drain.sessions', formatDuration(old.drain.sessions), formatDuration(next.drain.sessions)],
    ['drain.until', old.drain.until, next.drain.until],
    ['names.stale', formatDuration(old.names.stale), formatDuration(next.names.stale)],
    ['log.level', old.log.level, next.log.level],
  ]);
}

type Value = string | number | boolean | undefined;

function changesOf(all: readonly (readonly [name: string, before: Value, after: Value])[]): readonly SettingChange[] {
  return all.flatMap(([name, before, after]) =>
    before === after ? [] : [{ name, before: String(before ?? ''), after: String(after ?? '') }],
  );
}

/** `64 sessions, 20 new ones in 1m`. */
function sourceText({ limits: { perSource } }: Plan): string {
  if (perSource === undefined) return '';
  const { sessions, rate, ipv4Prefix, ipv6Prefix } = perSource;
  return [
    ...(sessions === undefined ? [] : [`${sessions} sessions`]),
    ...(rate === undefined ? [] : [`${rate.sessions} new ones in ${formatDuration(rate.per)}, ${rate.burst} at once`]),
    `of a /${ipv4Prefix} or /${ipv6Prefix}`,
  ].join(', ');
}

function socketText({ control: { socket } }: Plan): string {
  return typeof socket === 'string' ? socket : socket.path;
}
