import { z } from 'zod';
import { parseSize } from '../base/size.ts';
import { hint } from './section.ts';

const shape = 'write auto, or a size like 256MiB or 2GiB, from 1MiB up';
const least = 2 ** 20;

/** `auto`, or a size, in bytes once read. */
export function sizeOrAuto(description: string): z.ZodPipe<z.ZodString, z.ZodTransform<'auto' | number, string>> {
  return z
    .string(hint(shape))
    .meta({ description, pattern: '^(auto|\\d{1,9}[KMGT]iB)$', examples: ['auto', '256MiB', '2GiB'] })
    .transform((text, context) => {
      if (text === 'auto') return text;
      const bytes = parseSize(text);
      if (bytes !== undefined && bytes >= least) return bytes;
      context.issues.push({ code: 'custom', message: shape, input: text });
      return z.NEVER;
    });
}
