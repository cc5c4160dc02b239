import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { abruptSequence, cleanSequence } from './arbitrary-sequences.ts';
import { findFailure } from './check-sequences.ts';
import { chooseSeed } from './choose-seed.ts';
import { EngineWire } from './engine-wire.ts';
import { faultyEngines } from './faulty-engines.ts';

it.each(faultyEngines)('notices an engine that $fault', async ({ create }) => {
  const wire = await EngineWire.open('faulty', create());
  onTestFinished(() => wire.close());
  const failure = await findFailure({
    sequences: fc.oneof(cleanSequence, abruptSequence),
    count: 600,
    wires: [wire],
    expect: 'what the model allows',
    seed: chooseSeed(),
  });
  expect(failure).toBeDefined();
});
