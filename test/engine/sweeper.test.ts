import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Sweepable, Sweeper } from '../../src/engine/sweeper.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'performance'] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Writes down when it was swept. */
class Item implements Sweepable {
  slot = -1;
  readonly swept: number[] = [];

  readonly ended: unknown[] = [];

  sweep(now: number): void {
    this.swept.push(now);
  }

  crashed(error: unknown): void {
    this.ended.push(error);
  }
}

it('looks at an item within an eighth of its deadline, at the time it says', () => {
  const sweeper = new Sweeper();
  const item = new Item();
  const started = performance.now();
  sweeper.add(item, 800);
  vi.advanceTimersByTime(405);
  expect(item.swept.length).toBe(4);
  for (const [index, now] of item.swept.entries()) {
    expect(now - started).toBeGreaterThanOrEqual((index + 1) * 100);
    expect(now - started).toBeLessThan((index + 1) * 100 + 5);
  }
  sweeper.close();
});

it.each([
  ['never more often than every 10 ms', 1, 105, 10],
  ['once a second for a deadline of years', 1e12, 3005, 3],
])('looks %s', (_, deadline, time, looks) => {
  const sweeper = new Sweeper();
  const item = new Item();
  sweeper.add(item, deadline);
  vi.advanceTimersByTime(time);
  expect(item.swept.length).toBe(looks);
  sweeper.close();
});

it('has one timer, as fine as the shortest deadline asks', () => {
  const sweeper = new Sweeper();
  const [long, short] = [new Item(), new Item()];
  sweeper.add(long, 60_000);
  sweeper.add(short, 80);
  sweeper.add(new Item(), 60_000);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(55);
  expect([long.swept.length, short.swept.length]).toEqual([5, 5]);
  sweeper.close();
});

it('leaves an item alone that was deleted, also from within a sweep', () => {
  const sweeper = new Sweeper();
  const [gone, stays] = [new Item(), new Item()];
  const once: Sweepable = { slot: -1, sweep: () => sweeper.delete(gone), crashed: () => {} };
  for (const item of [once, gone, stays]) sweeper.add(item, 80);
  vi.advanceTimersByTime(35);
  expect([gone.swept.length, stays.swept.length]).toEqual([0, 3]);
  sweeper.close();
});

it('stops its timer with nothing left to look at, and starts again', () => {
  const sweeper = new Sweeper();
  const item = new Item();
  sweeper.add(item, 80);
  sweeper.delete(item);
  vi.advanceTimersByTime(25);
  expect(vi.getTimerCount()).toBe(0);
  sweeper.add(item, 8000);
  vi.advanceTimersByTime(1005);
  expect(item.swept.length).toBe(1);
  sweeper.close();
  sweeper.close();
  expect(vi.getTimerCount()).toBe(0);
});

it('is put off while there is more that is ready, and the rest of the loop has its turn', () => {
  let more = 3;
  let others = 0;
  const sweeper = new Sweeper(() => {
    more -= 1;
    if (more > 0) setImmediate(() => (others += 1));
    return more > 0 ? 'more' : 'all seen';
  });
  const item = new Item();
  sweeper.add(item, 800);
  vi.advanceTimersByTime(105);
  expect([item.swept.length, others]).toEqual([1, 2]);
  vi.advanceTimersByTime(100);
  expect(item.swept.length).toBe(2);
  sweeper.close();
});

it('is not put off for ever', () => {
  const sweeper = new Sweeper(() => 'more');
  const item = new Item();
  sweeper.add(item, 800);
  vi.advanceTimersByTime(5000);
  expect(item.swept.length).toBeGreaterThan(0);
  sweeper.close();
});

it('ends an item whose code throws, and sweeps the others', () => {
  const sweeper = new Sweeper();
  const bug = new Error('a bug');
  const [before, faulty, after] = [new Item(), new Item(), new Item()];
  faulty.sweep = () => {
    throw bug;
  };
  for (const item of [before, faulty, after]) sweeper.add(item, 80);
  vi.advanceTimersByTime(25);
  expect([before, faulty, after].map(({ ended }) => ended)).toEqual([[], [bug, bug], []]);
  expect([before, after].map(({ swept }) => swept.length)).toEqual([2, 2]);
  sweeper.close();
});

it('looks every 20 ms at least for a deadline that passes once, however little is left of it', () => {
  const sweeper = new Sweeper();
  const [once, exact] = [new Item(), new Item()];
  sweeper.addOnce(once, 1);
  vi.advanceTimersByTime(105);
  expect(once.swept.length).toBe(5);
  sweeper.close();
  sweeper.addOnce(exact, 800);
  vi.advanceTimersByTime(105);
  expect(exact.swept.length).toBe(1);
  sweeper.close();
});

it('sweeps many items in steps, between which the rest of the loop has its turn', () => {
  const sweeper = new Sweeper();
  const items = Array.from({ length: 1000 }, () => new Item());
  for (const item of items) sweeper.add(item, 800);
  const swept = (): number => items.filter((item) => item.swept.length > 0).length;
  vi.advanceTimersByTime(100);
  vi.advanceTimersToNextTimer();
  const afterOne = swept();
  expect(afterOne).toBeGreaterThan(0);
  expect(afterOne).toBeLessThan(500);
  vi.advanceTimersByTime(50);
  expect(swept()).toBe(1000);
  sweeper.close();
});

it('sweeps fewer in a row when that takes long', () => {
  const sweeper = new Sweeper();
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  const steps: number[] = [];
  let inThisTurn = 0;
  for (let index = 0; index < 64; index += 1) {
    const item = new Item();
    item.sweep = () => {
      clock += 0.1;
      inThisTurn += 1;
      if (inThisTurn > 1) return;
      setImmediate(() => {
        steps.push(inThisTurn);
        inThisTurn = 0;
      });
    };
    sweeper.add(item, 800);
  }
  vi.advanceTimersByTime(120);
  sweeper.close();
  expect(steps).toEqual([16, 16, 16, 16]);
});
