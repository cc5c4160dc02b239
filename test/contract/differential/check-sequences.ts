import fc from 'fast-check';
import type { Outcome } from './outcome.ts';
import { perform } from './perform.ts';
import { inWords, type Sequence } from './sequence.ts';
import { differencesOf, faultsOf } from './verdict.ts';
import type { Wire } from './wire.ts';

export interface Check {
  readonly sequences: fc.Arbitrary<Sequence>;
  readonly count: number;
  readonly wires: readonly Wire[];
  /** Whether all wires must show the same, or each by itself what the model allows. */
  readonly expect: 'the same everywhere' | 'what the model allows';
  readonly seed: number;
}

/**
 * Sequences under way at a time. Many: before a reset is passed on, the stream engine looks at the kernel's table of
 * sockets, which takes long where there are tens of thousands. One read serves all that wait for it.
 */
const concurrency = 64;
/** How often a sequence that has failed is tried again alone: a failure that depends on timing may not recur. */
const tries = 5;
/** Milliseconds. */
const shrinkFor = 30_000;

/**
 * Carries `count` sequences over every wire, many at a time. One that fails is done again alone and shrunk by
 * fast-check, whose error gives the seed, the path and the smallest sequence that fails.
 */
export async function checkSequences(check: Check): Promise<void> {
  const failure = await findFailure(check);
  if (failure === undefined) return;
  const { index, sequence, error } = failure;
  const again = async (one: Sequence): Promise<void> => {
    for (let round = 0; round < tries; round++) await carry(one, check);
  };
  await fc.assert(fc.asyncProperty(check.sequences, again), {
    seed: check.seed,
    path: `${index}`,
    numRuns: 1,
    interruptAfterTimeLimit: shrinkFor,
  });
  const what = `Sequence ${index} of seed ${check.seed} failed once, among others, and not again alone`;
  throw new Error(`${what}: ${inWords(sequence)}`, { cause: error });
}

interface Failure {
  readonly index: number;
  readonly sequence: Sequence;
  readonly error: unknown;
}

/** The first sequence that something is wrong with; nothing where all is well. */
export async function findFailure(check: Check): Promise<Failure | undefined> {
  let failure: Failure | undefined;
  const left = draw(check).entries();
  const work = async (): Promise<void> => {
    for (const [index, sequence] of left) {
      if (failure !== undefined) return;
      try {
        await carry(sequence, check);
      } catch (error) {
        failure ??= { index, sequence, error };
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return failure;
}

/**
 * All sequences of a seed, as a property would meet them one by one, so that seed and index find each of them again.
 */
function draw({ sequences, count, seed }: Check): readonly Sequence[] {
  const drawn: Sequence[] = [];
  fc.assert(
    fc.property(sequences, (sequence) => {
      drawn.push(sequence);
    }),
    { seed, numRuns: count },
  );
  return drawn;
}

/** Carries one sequence over every wire at the same time, and throws where something is wrong. */
async function carry(sequence: Sequence, { wires, expect }: Check): Promise<void> {
  const outcomes = new Map<string, Outcome>();
  const faults: string[] = [];
  const overWire = async (wire: Wire): Promise<void> => {
    try {
      const outcome = await perform(sequence, wire);
      outcomes.set(wire.name, outcome);
      for (const fault of faultsOf(outcome)) faults.push(`${wire.name}: ${fault} (${JSON.stringify(outcome)})`);
    } catch (error) {
      faults.push(`${wire.name}: ${String(error)}`);
    }
  };
  await Promise.all(wires.map(overWire));
  if (faults.length === 0 && expect === 'the same everywhere') faults.push(...differencesOf(outcomes));
  if (faults.length > 0) throw new Error([inWords(sequence), ...faults].join('\n  '));
}
