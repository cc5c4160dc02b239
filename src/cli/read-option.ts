import { formatDuration, parseDuration } from '../base/duration.ts';
import type { Arguments } from './command.ts';
import { UsageError } from './usage.ts';

type Given = Pick<Arguments, 'options'>;

/*
 * Values of flags that are no settings. Each returns `undefined` where the flag was not given, and throws a UsageError
 * where its value cannot be read.
 */

/** One of some texts; `half closed` and `Half-Closed` are `half-closed`. */
export function choiceOption<T extends string>({ options }: Given, flag: string, known: readonly T[]): T | undefined {
  const text = options.get(flag);
  if (text === undefined) return undefined;
  const bare = (one: string) => one.toLowerCase().replaceAll(/[ _-]/g, ' ');
  const choice = known.find((one) => bare(one) === bare(text));
  if (choice === undefined) throw unreadable(flag, text, `write one of ${known.join(', ')}`);
  return choice;
}

/** @param otherwise what to write instead of a wrong value */
export function numberOption({ options }: Given, flag: string, least: number, otherwise: string): number | undefined {
  const text = options.get(flag);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text) || Number(text) < least) throw unreadable(flag, text, otherwise);
  return Number(text);
}

/** Milliseconds, both included. */
interface DurationRange {
  readonly least: number;
  readonly most: number;
}

/** Milliseconds. */
export function durationOption({ options }: Given, flag: string, { least, most }: DurationRange): number | undefined {
  const text = options.get(flag);
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw unreadable(flag, text, 'write a duration like 30s, 5m or 2h');
  if (milliseconds >= least && milliseconds <= most) return milliseconds;
  throw unreadable(flag, text, `write a duration from ${formatDuration(least)} to ${formatDuration(most)}`);
}

/** Items with commas between them. */
export function listOption({ options }: Given, flag: string): readonly string[] | undefined {
  const text = options.get(flag);
  if (text === undefined) return undefined;
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) throw unreadable(flag, text, 'write one or more, with commas between them');
  return items;
}

function unreadable(flag: string, text: string, advice: string): UsageError {
  return new UsageError(`Cannot read --${flag}: current value is ${JSON.stringify(text)}; ${advice}`);
}
