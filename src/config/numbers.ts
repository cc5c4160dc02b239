import { z } from 'zod';
import { hint } from './section.ts';

interface NumberRange {
  readonly min: number;
  /** Left out: none. */
  readonly max?: number;
}

/** A whole number, from 1 up unless said otherwise. */
export function wholeNumber(description: string, { min, max }: NumberRange = { min: 1 }): z.ZodInt {
  const error = hint(
    max === undefined ? `write a whole number from ${min} up` : `write a whole number from ${min} to ${max}`,
  );
  const number = z.int(error).min(min, error);
  return (max === undefined ? number : number.max(max, error)).meta({ description });
}

/** `auto`, or a whole number from 1 up. */
export function limit(description: string): z.ZodUnion<readonly [z.ZodLiteral<'auto'>, z.ZodInt]> {
  const error = hint('write auto or a whole number from 1 up');
  return z
    .union([z.literal('auto', error), z.int(error).min(1, error)], error)
    .meta({ description, examples: ['auto', 500] });
}

/** `auto`, `unlimited`, or a whole number from 1 up. */
export function sourceSessions(
  description: string,
): z.ZodUnion<readonly [z.ZodLiteral<'auto'>, z.ZodLiteral<'unlimited'>, z.ZodInt]> {
  const error = hint('write auto, unlimited or a whole number from 1 up');
  return z
    .union([z.literal('auto', error), z.literal('unlimited', error), z.int(error).min(1, error)], error)
    .meta({ description, examples: ['auto', 'unlimited', 64] });
}

export function port(description: string): z.ZodInt {
  const error = hint('write a port from 1 to 65535');
  return z.int(error).min(1, error).max(65_535, error).meta({ description });
}
