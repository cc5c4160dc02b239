import { z } from 'zod';
import { formatDuration, parseDuration } from '../base/duration.ts';
import { type About, hint } from './section.ts';

/**
 * Node's timers beyond 2^31-1 ms (24.8 days) fire at once:
 * https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
 */
const longestTimer = 24 * 86_400_000;

const shape = 'write a duration like 5s, 2m or 5d';

/** Limits in milliseconds, both included. */
interface DurationAbout extends About {
  /** 1 ms unless given. */
  readonly min?: number;
  /** 24 days unless given. */
  readonly max?: number;
}

/** A duration, in milliseconds once read. */
export function duration(
  description: string,
  { min = 1, max = longestTimer, ...about }: DurationAbout = {},
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  return z
    .string(hint(shape))
    .meta({
      description,
      placeholder: 'DURATION',
      pattern: '^(?=\\d)(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?$',
      examples: ['500ms', '5s', '1h30m'],
      ...about,
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
