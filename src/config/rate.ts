import { z } from 'zod';
import { hint } from './section.ts';

/** `sessions` new ones in each `per` milliseconds. */
export interface Rate {
  readonly sessions: number;
  readonly per: number;
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const rateHint = 'write a rate like 5/s, 20/m, 100/h or 10/30s';

export const rate = z
  .string(hint(rateHint))
  .meta({
    description: 'New sessions per time: 20/m',
    pattern: '^[1-9]\\d{0,5}/([1-9]\\d{0,3})?[smh]$',
    examples: ['20/m', '5/s', '10/30s'],
  })
  .transform((text, context) => {
    const read = parseRate(text);
    if (read !== undefined) return read;
    context.issues.push({ code: 'custom', message: rateHint, input: text });
    return z.NEVER;
  });

/** Reads `20/m` or `10/30s`; `undefined` for anything else. */
export function parseRate(text: string): Rate | undefined {
  const match = /^([1-9]\d{0,5})\/([1-9]\d{0,3})?([smh])$/.exec(text);
  if (match === null) return undefined;
  const [, sessions, count = '1', unit = ''] = match;
  return { sessions: Number(sessions), per: Number(count) * (units[unit] ?? 0) };
}
