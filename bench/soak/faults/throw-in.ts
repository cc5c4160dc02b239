import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../random.ts';
import type { World } from '../world.ts';
import { faults } from './faults.ts';
import type { PlannedFault } from './schedule.ts';

/** Throws in every fault at its time; resolves when all are over. */
export async function throwIn(world: World, schedule: readonly PlannedFault[]): Promise<void> {
  const begun = performance.now();
  const running: Promise<void>[] = [];
  for (const planned of schedule) {
    await delay(Math.max(0, begun + planned.at - performance.now()));
    running.push(one(world, planned));
  }
  await Promise.all(running);
}

async function one(world: World, { name, seed }: PlannedFault): Promise<void> {
  const fault = faults[name];
  const random = new Random(seed);
  if (fault.kind !== 'session') {
    await fault.run(world, random);
    return;
  }
  const entry = world.book.enter(name);
  await world.book.watch(`${name}, session ${entry.number}`, () => fault.run(world, entry, random));
}
