import { z } from 'zod';
import { hint } from './section.ts';

const error = hint('write unlimited or a whole number from 1 up');

/** `limits.possibleLoops`: as many as this at once, or `unlimited`. */
export const possibleLoops = z.union([z.literal('unlimited', error), z.int(error).min(1, error)], error).meta({
  description:
    'Unanswered sessions at once whose client is this machine itself, or the host that they lead to: such may be a loop',
  examples: [64, 'unlimited'],
});
