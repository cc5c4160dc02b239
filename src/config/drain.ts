import { z } from 'zod';
import { parseDuration } from '../base/duration.ts';
import type { Problem } from '../base/problem.ts';
import { duration } from './duration-value.ts';
import { type ConfigPath, type Layer, valueAt } from './layer.ts';
import { hint, section } from './section.ts';

/** How a gateway ends. */
export const drain = section(
  {
    grace: duration('Time for which clients are still accepted once readiness says no', {
      flag: 'drain-grace',
      min: 0,
    }).prefault('0s'),
    sessions: duration('Time that sessions have to end by themselves, once listeners are closed', {
      flag: 'drain-timeout',
      min: 0,
      byDefault: '10s; 8s as process 1, as in a container',
    }).exactOptional(),
    until: z
      .enum(['deadline', 'empty'], hint('write deadline or empty'))
      .meta({ description: 'Whether sessions end at that time, or by themselves alone (empty)', flag: 'drain-until' })
      .prefault('deadline'),
  },
  'sessions: 10s',
)
  .meta({ description: 'How a gateway ends' })
  .prefault({});

const path = ['drain', 'sessions'];
/** The name of `drain.sessions` before `drain` had keys of its own. */
const formerPath = ['timeouts', 'drain'];

/** The key of the configuration that stands for one at `written`. */
export function presentPath(written: ConfigPath): ConfigPath {
  return written.join('.') === formerPath.join('.') ? path : written;
}

/** Both names of one setting, with different values. */
export function drainProblems({ values, place }: Layer): readonly Problem[] {
  const [present, former] = [valueAt(values, path), valueAt(values, formerPath)];
  const [time, formerTime] = [milliseconds(present), milliseconds(former)];
  if (time === undefined || formerTime === undefined || time === formerTime) return [];
  const found = place(path, 'value').place;
  const at = found.kind === 'file' ? ` in ${found.file}:${found.line}:${found.column}` : '';
  const why = `it is the former name of drain.sessions, which is ${present}${at}`;
  const message = `Cannot use timeouts.drain: current value is "${former}", and ${why}; leave timeouts.drain out`;
  return [{ place: place(formerPath, 'value').place, message }];
}

function milliseconds(value: unknown): number | undefined {
  return typeof value === 'string' ? parseDuration(value) : undefined;
}
