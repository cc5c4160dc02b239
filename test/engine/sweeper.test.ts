import { expect, it } from 'vitest';
import { noSlot } from '../../src/base/slot-list.ts';
import { type Sweepable, Sweeper } from '../../src/engine/sweeper.ts';
import { ManualLoop } from './manual-loop.ts';

/** Records when it was swept. */
class Item implements Sweepable {
  slot = noSlot;
  readonly swept: number[] = [];
  readonly ended: unknown[] = [];

  sweep(now: number): void {
    this.swept.push(now);
  }

  crashed(error: unknown): void {
    this.ended.push(error);
  }
}

function openSweeper(lookFirst?: () => 'all seen' | 'more') {
  const loop = new ManualLoop();
  return { loop, sweeper: new Sweeper(lookFirst, loop) };
}

it('looks at an item within an eighth of its deadline, and passes the time', () => {
  const { loop, sweeper } = openSweeper();
  const item = new Item();
  sweeper.add(item, 800);
  loop.pass(405);
  expect(item.swept).toEqual([100, 200, 300, 400]);
});

it('looks every second for a deadline of years', () => {
  const { loop, sweeper } = openSweeper();
  const item = new Item();
  sweeper.add(item, 1e12);
  loop.pass(3_005);
  expect(item.swept).toHaveLength(3);
});

it('has one timer, as fine as the shortest deadline needs', () => {
  const { loop, sweeper } = openSweeper();
  const [long, short] = [new Item(), new Item()];
  sweeper.add(long, 60_000);
  sweeper.add(short, 80);
  sweeper.add(new Item(), 60_000);
  expect(loop.timers).toBe(1);
  loop.pass(55);
  expect([long.swept.length, short.swept.length]).toEqual([5, 5]);
});

it('takes a short deadline that is added during a sweep', () => {
  const { loop, sweeper } = openSweeper();
  const short = new Item();
  const adds = new Item();
  adds.sweep = () => {
    if (short.slot === noSlot) sweeper.add(short, 80);
  };
  sweeper.add(adds, 8_000);
  loop.pass(1_055);
  expect(short.swept).toHaveLength(5);
  expect(loop.timers).toBe(1);
});

it('does not look at an item that was deleted, also from within a sweep', () => {
  const { loop, sweeper } = openSweeper();
  const [deleted, stays] = [new Item(), new Item()];
  const once: Sweepable = { slot: noSlot, sweep: () => sweeper.delete(deleted), crashed: () => {} };
  for (const item of [once, deleted, stays]) sweeper.add(item, 80);
  loop.pass(35);
  expect([deleted.swept.length, stays.swept.length]).toEqual([0, 3]);
});

it('stops its timer with nothing left to look at, starts again, and may be closed twice', () => {
  const { loop, sweeper } = openSweeper();
  const item = new Item();
  sweeper.add(item, 80);
  sweeper.delete(item);
  loop.pass(25);
  expect(loop.timers).toBe(0);
  sweeper.add(item, 8_000);
  loop.pass(1_005);
  expect(item.swept).toHaveLength(1);
  sweeper.close();
  sweeper.close();
  expect(loop.timers).toBe(0);
});

it('may be closed during a sweep', () => {
  const { loop, sweeper } = openSweeper();
  const item = new Item();
  item.sweep = () => sweeper.close();
  sweeper.add(item, 80);
  loop.pass(100);
  expect(loop.timers).toBe(0);
});

it('is put off while more is ready, and the rest of the loop has its turn', () => {
  let more = 3;
  let others = 0;
  const { loop, sweeper } = openSweeper(() => {
    more -= 1;
    if (more > 0) loop.defer(() => (others += 1));
    return more > 0 ? 'more' : 'all seen';
  });
  const item = new Item();
  sweeper.add(item, 800);
  loop.pass(105);
  expect([item.swept.length, others]).toEqual([1, 2]);
  loop.pass(100);
  expect(item.swept).toHaveLength(2);
});

it('is not put off for ever', () => {
  const { loop, sweeper } = openSweeper(() => 'more');
  const item = new Item();
  sweeper.add(item, 800);
  loop.pass(200);
  expect(item.swept.length).toBeGreaterThan(0);
});

it('ends an item whose code throws, and sweeps the others', () => {
  const { loop, sweeper } = openSweeper();
  const bug = new Error('a bug');
  const [before, faulty, after] = [new Item(), new Item(), new Item()];
  faulty.sweep = () => {
    throw bug;
  };
  for (const item of [before, faulty, after]) sweeper.add(item, 80);
  loop.pass(25);
  expect([before, faulty, after].map(({ ended }) => ended)).toEqual([[], [bug, bug], []]);
  expect([before, after].map(({ swept }) => swept.length)).toEqual([2, 2]);
});

it('passes a deadline that does not begin anew by no more than a quarter, from 80 ms on', () => {
  const { loop, sweeper } = openSweeper();
  const [nothingLeft, short] = [new Item(), new Item()];
  sweeper.addOnce(nothingLeft, 1);
  sweeper.addOnce(short, 80);
  loop.pass(100);
  expect(Math.min(...short.swept.filter((now) => now >= 80))).toBeLessThanOrEqual(100);
});

it('sweeps many items in steps, and fewer of them where each takes long', () => {
  const { loop, sweeper } = openSweeper();
  const steps: number[] = [];
  let inThisStep = 0;
  let takes = 0;
  const items = Array.from({ length: 1_000 }, () => new Item());
  for (const item of items) {
    item.sweep = () => {
      loop.stall(takes);
      inThisStep += 1;
      if (inThisStep === 1) {
        loop.defer(() => {
          steps.push(inThisStep);
          inThisStep = 0;
        });
      }
    };
    sweeper.add(item, 800);
  }
  const sweep = (): number[] => {
    steps.length = 0;
    loop.pass(100);
    return steps.slice();
  };
  const fast = sweep();
  takes = 0.1;
  const slow = sweep();
  for (const swept of [fast, slow]) expect(swept.reduce((sum, count) => sum + count, 0)).toBe(1_000);
  expect(Math.max(...fast)).toBeLessThan(500);
  expect(Math.max(...slow)).toBeLessThan(Math.max(...fast));
});
