import { expect, it } from 'vitest';
import { FairQueue } from '../../src/engine/fair-queue.ts';

const item = (flow: number, n: number) => ({ flow, n });

it('lets fairQueue take turns, each first come first served', () => {
  const fairQueue = new FairQueue<{ flow: number; n: number }>();
  for (const one of [item(1, 0), item(1, 1), item(1, 2), item(2, 0)]) fairQueue.add(one);
  const order = Array.from({ length: 5 }, () => fairQueue.take());
  expect(order).toEqual([item(1, 0), item(2, 0), item(1, 1), item(1, 2), undefined]);
  expect([fairQueue.size, fairQueue.has(1)]).toEqual([0, false]);
});

it('keeps the order in a flow that is never empty', () => {
  const fairQueue = new FairQueue<{ flow: number; n: number }>();
  const seen: (number | undefined)[] = [];
  for (let n = 0; n < 2_000; n += 1) {
    fairQueue.add(item(1, n));
    if (n >= 10) seen.push(fairQueue.take()?.n);
  }
  expect(seen).toEqual(Array.from({ length: 1_990 }, (_, n) => n));
  expect(fairQueue.size).toBe(10);
});
