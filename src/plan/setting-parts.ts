import { figure } from '../base/count.ts';
import { formatDuration } from '../base/duration.ts';
import type { PlannedRate, PlannedScopeLimits } from './plan.ts';

/** A setting in a part of a plan: its key in the configuration, its value, and that as people read it. */
export interface SettingPart<Whole> {
  readonly key: string;
  readonly value: (whole: Whole) => unknown;
  readonly text: (whole: Whole) => string;
}

/** `value`: what `show` shows; nothing is shown of a value that is not there. */
export function part<Whole, Value>(
  key: string,
  value: (whole: Whole) => Value | undefined,
  show: (value: Value) => string = plain,
): SettingPart<Whole> {
  const text = (whole: Whole): string => {
    const there = value(whole);
    return there === undefined ? '' : show(there);
  };
  return { key, value, text };
}

/** The same setting, of a part of something larger. */
export function within<Whole, Part>(of: (whole: Whole) => Part, parts: readonly SettingPart<Part>[]) {
  return parts.map(
    ({ key, value, text }): SettingPart<Whole> => ({
      key,
      value: (whole) => value(of(whole)),
      text: (whole) => text(of(whole)),
    }),
  );
}

/** Limits of sources and targets, of the gateway as a whole or of a service or forward. */
export const sourceParts: readonly SettingPart<PlannedScopeLimits>[] = [
  part('limits.perSource.sessions', ({ perSource }) => perSource?.sessions),
  part('limits.perSource.rate', ({ perSource }) => perSource?.rate && withoutBurst(perSource.rate), rateText),
  part('limits.perSource.burst', ({ perSource }) => perSource?.rate?.burst),
  part('limits.perSource.ipv4Prefix', ({ perSource }) => perSource?.ipv4Prefix),
  part('limits.perSource.ipv6Prefix', ({ perSource }) => perSource?.ipv6Prefix),
  part('limits.perTarget.sessions', ({ perTarget }) => perTarget),
];

function withoutBurst({ sessions, per }: PlannedRate): Omit<PlannedRate, 'burst'> {
  return { sessions, per };
}

/** `20 per 1m`. */
function rateText({ sessions, per }: Omit<PlannedRate, 'burst'>): string {
  return `${figure(sessions)} per ${formatDuration(per)}`;
}

/** Items of a list that are shown. */
const mostListed = 4;

function plain(value: unknown): string {
  if (typeof value === 'number') return figure(value);
  if (!Array.isArray(value)) return String(value);
  const more = value.length - mostListed;
  return more <= 1 ? value.join(', ') : `${value.slice(0, mostListed).join(', ')} and ${figure(more)} more`;
}
