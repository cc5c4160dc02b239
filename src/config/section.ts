import { z } from 'zod';

/** A message of the schema: what to write instead. `describe-issue.ts` puts the key and its current value before it. */
export const hint = (text: string): { error: () => string } => ({ error: () => text });

/** A mapping with these keys and no others. `example` completes `write settings below it, like ...`. */
export function section<Shape extends z.ZodRawShape>(
  shape: Shape,
  example: string,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : `write settings below it, like ${example}`),
  });
}
