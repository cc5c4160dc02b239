import { Random } from '../random.ts';
import { type FaultName, faultNames } from './names.ts';

/** A fault that will be thrown in. */
export interface PlannedFault {
  /** Milliseconds after traffic has begun. */
  readonly at: number;
  readonly name: FaultName;
  /** What the fault draws its own figures from. */
  readonly seed: number;
}

/** Milliseconds of traffic before the first and after the last. */
const quiet = { before: 3_000, after: 4_000 };
/** Milliseconds between two. */
const between = { least: 200, most: 1_200 };

/**
 * All faults of a run: a function of the seed and the length alone (milliseconds). They are dealt like cards, so that
 * each has had its turn before any comes again.
 */
export function faultSchedule(seed: number, length: number): PlannedFault[] {
  const random = new Random(seed);
  const planned: PlannedFault[] = [];
  let deck: FaultName[] = [];
  for (let at = quiet.before; at <= length - quiet.after; at += random.whole(between.least, between.most)) {
    if (deck.length === 0) deck = random.shuffled(faultNames);
    const name = deck.pop();
    if (name !== undefined) planned.push({ at, name, seed: random.whole(0, 2 ** 31 - 1) });
  }
  return planned;
}
