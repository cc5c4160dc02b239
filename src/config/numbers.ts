import { z } from 'zod';
import { parseSize } from '../base/size.ts';
import { type About, hint } from './section.ts';

interface NumberAbout extends About {
  /** From 1 unless given. */
  readonly min?: number;
  /** Left out: none. */
  readonly max?: number;
}

/** A whole number, from 1 up unless `min` is given. */
export function wholeNumber(description: string, { min = 1, max, ...about }: NumberAbout = {}): z.ZodInt {
  const error = numberError(
    max === undefined ? `write a whole number from ${min} up` : `write a whole number from ${min} to ${max}`,
  );
  const number = z.int(error).min(min, error);
  const limited = max === undefined ? number : number.max(max, error);
  return limited.meta({ description, placeholder: 'N', ...about });
}

/** A whole number from 1 up, or one of some words. */
export function numberOr<const Words extends readonly string[]>(
  words: Words,
  description: string,
  about: About,
): z.ZodUnion<readonly [z.ZodEnum<z.core.util.ToEnum<Words[number]>>, z.ZodInt]> {
  const error = numberError(
    `write ${[...words, 'a whole number from 1 up'].join(', ').replace(/, (?=a whole)/, ' or ')}`,
  );
  return z
    .union([z.enum(words, error), z.int(error).min(1, error)], error)
    .meta({ description, placeholder: [...words, 'N'].join('|'), examples: [...words, 64], ...about });
}

export function port(description: string): z.ZodInt {
  const error = numberError('write a port from 1 to 65535');
  return z.int(error).min(1, error).max(65_535, error).meta({ description, placeholder: 'PORT' });
}

/**
 * What to write in place of a number with a leading zero, or of a port or a range of ports behind an address. YAML 1.1
 * takes 030000 for octal and YAML 1.2 for decimal. The meaning is not certain, so it reaches the schema as a text.
 */
export function leadingZero(input: unknown): string | undefined {
  const [, before = '', numbers = ''] = /^(.*:)?(\d+(?:\s*-\s*\d+)?)$/.exec(String(input).trim()) ?? [];
  const plain = numbers.replaceAll(/\b0+(?=[1-9])/g, '');
  return plain === numbers ? undefined : `leave the leading zero out: write ${before}${plain}`;
}

function numberError(text: string): { error: (issue: { readonly input?: unknown }) => string } {
  return { error: ({ input }) => leadingZero(input) ?? text };
}

/** `sessions` new ones in each `per` milliseconds. */
export interface Rate {
  readonly sessions: number;
  readonly per: number;
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const rateHint = 'write a rate like 5/s, 20/m, 100/h or 10/30s';

/** A number of sessions in each span of time: `20/m`, `10/30s`. */
export function rate(description: string, about: About): z.ZodPipe<z.ZodString, z.ZodTransform<Rate, string>> {
  return z
    .string(hint(rateHint))
    .meta({
      description,
      placeholder: 'N/s|N/m|N/h',
      pattern: '^[1-9]\\d{0,5}/([1-9]\\d{0,3})?[smh]$',
      examples: ['20/m', '5/s', '10/30s'],
      ...about,
    })
    .transform((text, context): Rate => {
      const read = parseRate(text);
      if (read !== undefined) return read;
      context.issues.push({ code: 'custom', message: rateHint, input: text });
      return z.NEVER;
    });
}

/** Reads `20/m` or `10/30s`; `undefined` for anything else. */
export function parseRate(text: string): Rate | undefined {
  const match = /^([1-9]\d{0,5})\/([1-9]\d{0,3})?([smh])$/.exec(text);
  if (match === null) return undefined;
  const [, sessions, count = '1', unit = ''] = match;
  return { sessions: Number(sessions), per: Number(count) * (units[unit] ?? 0) };
}

const sizeHint = 'write auto, or a size like 256MiB or 2GiB, from 1MiB up';
const leastSize = 2 ** 20;

/** `auto`, or a size, in bytes once read. */
export function sizeOrAuto(
  description: string,
  about: About,
): z.ZodPipe<z.ZodString, z.ZodTransform<'auto' | number, string>> {
  return z
    .string(hint(sizeHint))
    .meta({
      description,
      placeholder: 'auto|SIZE',
      pattern: '^(auto|\\d{1,9}[KMGT]iB)$',
      examples: ['auto', '256MiB', '2GiB'],
      ...about,
    })
    .transform((text, context) => {
      if (text === 'auto') return text;
      const bytes = parseSize(text);
      if (bytes !== undefined && bytes >= leastSize) return bytes;
      context.issues.push({ code: 'custom', message: sizeHint, input: text });
      return z.NEVER;
    });
}
