import { expect, inject, it } from 'vitest';
import { Children } from '../../bench/process/children.ts';
import { Progress } from '../../bench/progress.ts';
import { faultNames } from '../../bench/soak/faults/names.ts';
import { faultSchedule } from '../../bench/soak/faults/schedule.ts';
import { soak } from '../../bench/soak/run.ts';
import { floatgate } from '../e2e/floatgate.ts';

/** Another one each time; FLOATGATE_SEED does a run again. */
const seed = Number(process.env.FLOATGATE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const length = 30_000;

it(`half a minute of mixed traffic with random faults, seed ${seed}: not one byte missing or wrong`, async () => {
  const children = new Children();
  try {
    const options = { command: floatgate(), seed, length, watchIdle: 0 };
    const { engineUsed, correctness } = await soak(options, children, new Progress());
    expect(correctness.filter(({ holds }) => !holds)).toEqual([]);
    expect(engineUsed).toBe(inject('packedGateway').engine);
  } finally {
    await children.stopAll();
  }
}, 150_000);

it('plans the faults by the seed alone, and each of them in half a minute', () => {
  expect(faultSchedule(seed, length)).toEqual(faultSchedule(seed, length));
  expect(faultSchedule(seed, length)).not.toEqual(faultSchedule(seed + 1, length));
  expect(new Set(faultSchedule(seed, length).map(({ name }) => name))).toEqual(new Set(faultNames));
});
