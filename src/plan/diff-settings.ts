import { deepEqual } from '../base/deep-equal.ts';
import { formatDuration } from '../base/duration.ts';
import { formatSize } from '../base/size.ts';
import type { Plan, PlannedControl } from './plan.ts';
import { part, type SettingPart, sourceParts, within } from './setting-parts.ts';

export interface SettingChange {
  /** Path of the key in the configuration. */
  readonly name: string;
  /** As people read them; empty where there is none. */
  readonly before: string;
  readonly after: string;
}

/** Settings of the gateway as a whole that a running one can change. */
export const liveSettings: readonly SettingPart<Plan>[] = [
  part('gateway.subnet', ({ subnet }) => subnet),
  part('public', ({ publicAddresses }) => publicAddresses),
  ...within(
    ({ limits }: Plan) => limits,
    [
      part('limits.sessions', ({ sessions }) => sessions),
      part('limits.memory', ({ memory }) => memory, formatSize),
      part('limits.perListener', ({ perListener }) => perListener),
      ...sourceParts,
      part('limits.possibleLoops', ({ possibleLoops }) => possibleLoops),
    ],
  ),
  part('names.stale', ({ names }) => names.stale, formatDuration),
  part('drain.grace', ({ drain }) => drain.grace, formatDuration),
  part('drain.sessions', ({ drain }) => drain.sessions, formatDuration),
  part('drain.until', ({ drain }) => drain.until),
  part('log.level', ({ log }) => log.level),
];

/** Settings that it cannot change. */
export const restartSettings: readonly SettingPart<Plan>[] = [
  part('engine', ({ engine }) => engine.name),
  part('log.file', ({ log }) => log.file),
  part('log.format', ({ log }) => log.format),
  part('log.quiet', ({ log }) => log.quiet),
  part('control.socket', ({ control }) => control.socket, socketText),
  part('control.instance', ({ control }) => control.instance),
];

function socketText(socket: PlannedControl['socket']): string {
  return typeof socket === 'string' ? socket : socket.path;
}

/** Those of the settings that differ, without limits that are `auto` in both plans. */
export function settingChanges(settings: readonly SettingPart<Plan>[], old: Plan, next: Plan): SettingChange[] {
  return settings
    .filter(({ key }) => !(old.automatic.includes(key) && next.automatic.includes(key)))
    .filter(({ value }) => !deepEqual(value(old), value(next)))
    .map(({ key, text }) => ({ name: key, before: text(old), after: text(next) }));
}
