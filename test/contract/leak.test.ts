import { expect, it, onTestFinished } from 'vitest';
import { enginesToCompare } from './differential/engines-to-compare.ts';
import { descriptors, mib } from './engine-under-test.ts';
import { everyEnding } from './leak-endings.ts';
import { descriptorsButPipes, memory } from './leak-figures.ts';
import { LeakFixture } from './leak-fixture.ts';
import { until } from './peer.ts';

const concurrency = 50;

it.each(enginesToCompare)(
  '$name: 20,000 sessions of every ending leave no descriptor and no memory behind',
  async ({ create }) => {
    const untouched = descriptors();
    const fixture = await LeakFixture.open(create({ waitingRoom: 8 }));
    onTestFinished(() => fixture.close());
    const opened = descriptorsButPipes();
    await run(fixture, 10_000);
    const half = memory();
    await run(fixture, 10_000);
    await until(() => descriptorsButPipes() === opened, 'the descriptors to be those of the beginning');
    const whole = memory();
    expect((whole.rss - half.rss) / mib).toBeLessThan(16);
    expect((whole.heap - half.heap) / mib).toBeLessThan(1);
    fixture.close();
    await until(() => descriptors() === untouched, 'the descriptors to be those before the engine was made');
  },
  120_000,
);

/** So many sessions, some at a time, of every ending in turn. */
async function run(fixture: LeakFixture, count: number): Promise<void> {
  let started = 0;
  const work = async (): Promise<void> => {
    while (started < count) {
      const ending = everyEnding[started % everyEnding.length];
      started += 1;
      await ending?.(fixture);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
