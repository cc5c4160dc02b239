import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '../environment.ts';
import { Random } from '../random.ts';
import { faults } from './faults.ts';
import type { PlannedFault } from './schedule.ts';

/** Throws in every fault at its time; resolves when all are over. */
export async function throwIn(environment: Environment, schedule: readonly PlannedFault[]): Promise<void> {
  const begun = performance.now();
  const running: Promise<void>[] = [];
  for (const planned of schedule) {
    await delay(Math.max(0, begun + planned.at - performance.now()));
    running.push(one(environment, planned));
  }
  await Promise.all(running);
}

async function one(environment: Environment, { name, seed }: PlannedFault): Promise<void> {
  const fault = faults[name];
  const random = new Random(seed);
  if (fault.kind !== 'session') {
    await fault.run(environment, random);
    return;
  }
  const entry = environment.book.enter(name);
  await environment.book.watch(`${name}, session ${entry.number}`, () => fault.run(environment, entry, random));
}
