import { z } from 'zod';
import { formatDuration, parseDuration } from '../base/duration.ts';
import { hint } from './section.ts';

/** Timers of Node beyond 2^31-1 ms (24.8 days) fire at once: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
export const longestTimer = 24 * 86_400_000;

/** Milliseconds, both included. */
interface DurationRange {
  readonly min: number;
  readonly max: number;
}

/** A duration, in milliseconds once read. */
export function durationValue(
  description: string,
  { min, max }: DurationRange = { min: 1, max: longestTimer },
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  const shape = 'write a duration like 5s, 2m or 5d';
  return z
    .string(hint(shape))
    .meta({
      description,
      pattern: '^(?=\\d)(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?$',
      examples: ['500ms', '5s', '1h30m'],
    })
    .transform((text, context) => {
      const value = parseDuration(text);
      if (value !== undefined && value >= min && value <= max) return value;
      const message =
        value === undefined ? shape : `write a duration from ${formatDuration(min)} to ${formatDuration(max)}`;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    });
}
