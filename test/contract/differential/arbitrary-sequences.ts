import fc from 'fast-check';
import type { Sequence, Side, Step } from './sequence.ts';

const kib = 1024;

const side: fc.Arbitrary<Side> = fc.constantFrom('client', 'target');

/** Around the sizes where something changes: one byte, a head or read buffer, a kernel buffer. */
const size: fc.Arbitrary<number> = fc.oneof(
  { weight: 30, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 30, arbitrary: fc.integer({ min: 1, max: 9000 }) },
  { weight: 25, arbitrary: fc.integer({ min: 60 * kib, max: 70 * kib }) },
  { weight: 8, arbitrary: fc.integer({ min: 100 * kib, max: 300 * kib }) },
  { weight: 4, arbitrary: fc.integer({ min: 512 * kib, max: 1024 * kib }) },
);

const write: fc.Arbitrary<Step> = fc.record({ side, does: fc.constant('write' as const), bytes: size });
const turns: fc.Arbitrary<Step> = fc.record({
  does: fc.constant('turns' as const),
  count: fc.integer({ min: 1, max: 6 }),
});

function deed(...deeds: ('pause' | 'resume' | 'finish' | 'reset' | 'abort' | 'barrier')[]): fc.Arbitrary<Step> {
  return fc.record({ side, does: fc.constantFrom(...deeds) });
}

/**
 * More for an end that does not read than the kernel of that end takes, and time for the gateway to be stuck with it.
 */
const clog: fc.Arbitrary<readonly Step[]> = fc
  .record({ side, bytes: fc.integer({ min: 150 * kib, max: 1024 * kib }), count: fc.integer({ min: 1, max: 12 }) })
  .map(({ side: from, bytes, count }) => [
    { side: from === 'client' ? 'target' : 'client', does: 'pause' },
    { side: from, does: 'write', bytes },
    { does: 'turns', count },
  ]);

const cleanStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: write },
  { weight: 6, arbitrary: turns },
  { weight: 2, arbitrary: deed('barrier') },
  { weight: 2, arbitrary: deed('pause') },
  { weight: 1, arbitrary: deed('resume') },
  { weight: 1, arbitrary: deed('finish') },
);

const leave = deed('reset', 'abort');

const cleanSteps: fc.Arbitrary<readonly Step[]> = stepsOf(cleanStep, 16);

/** Now and then several steps that belong together. */
function stepsOf(step: fc.Arbitrary<Step>, most: number): fc.Arbitrary<readonly Step[]> {
  const one = step.map((single): readonly Step[] => [single]);
  const group = fc.oneof({ weight: 30, arbitrary: one }, { weight: 1, arbitrary: clog });
  return fc.array(group, { maxLength: most, size: 'max' }).map((groups) => groups.flat());
}

/** Without a reset and without an abort. */
export const cleanSequence: fc.Arbitrary<Sequence> = fc.record({
  early: fc.integer({ min: 0, max: 4 }),
  steps: cleanSteps,
  finishesFirst: side,
  asksKernel: fc.constant(false),
});

/** One end at least resets or aborts. */
export const abruptSequence: fc.Arbitrary<Sequence> = fc
  .record({
    early: fc.integer({ min: 0, max: 4 }),
    before: cleanSteps,
    clogged: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: clog }),
    leave,
    after: stepsOf(fc.oneof({ weight: 5, arbitrary: cleanStep }, { weight: 1, arbitrary: leave }), 6),
    finishesFirst: side,
    asksKernel: fc.nat({ max: 59 }).map((one) => one === 59),
  })
  .map(({ before, clogged, leave: left, after, ...rest }) => ({
    steps: [...before, ...clogged, left, ...after],
    ...rest,
  }));
