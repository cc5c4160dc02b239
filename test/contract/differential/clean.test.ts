import { it } from 'vitest';
import { cleanSequence } from './arbitrary-sequences.ts';
import { checkSequences } from './check-sequences.ts';
import { chooseSeed } from './choose-seed.ts';
import { openWires } from './open-wires.ts';

it('carries 1,200 random sequences without reset or abort alike over every engine and a plain pair', async () => {
  const wires = await openWires();
  await checkSequences({
    sequences: cleanSequence,
    count: 1200,
    wires,
    expect: 'the same everywhere',
    seed: chooseSeed(),
  });
}, 180_000);
