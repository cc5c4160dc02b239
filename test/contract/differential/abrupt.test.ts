import { it } from 'vitest';
import { abruptSequence } from './arbitrary-sequences.ts';
import { checkSequences } from './check-sequences.ts';
import { chooseSeed } from './choose-seed.ts';
import { openWires } from './open-wires.ts';

it('ends 1,200 sequences with a reset or abort as the model allows, over every engine and a plain pair', async () => {
  const wires = await openWires();
  await checkSequences({
    sequences: abruptSequence,
    count: 1200,
    wires,
    expect: 'what the model allows',
    seed: chooseSeed(),
  });
}, 180_000);
