import { expect, it } from 'vitest';
import { Lanes } from '../../src/engine/lanes.ts';

const item = (lane: number, n: number) => ({ lane, n });

it('lets lanes take turns, each first come first served', () => {
  const lanes = new Lanes<{ lane: number; n: number }>();
  for (const one of [item(1, 0), item(1, 1), item(1, 2), item(2, 0)]) lanes.add(one);
  const order = Array.from({ length: 5 }, () => lanes.take());
  expect(order).toEqual([item(1, 0), item(2, 0), item(1, 1), item(1, 2), undefined]);
  expect([lanes.size, lanes.has(1)]).toEqual([0, false]);
});

it('keeps the order in a lane that is never empty', () => {
  const lanes = new Lanes<{ lane: number; n: number }>();
  const seen: (number | undefined)[] = [];
  for (let n = 0; n < 2_000; n += 1) {
    lanes.add(item(1, n));
    if (n >= 10) seen.push(lanes.take()?.n);
  }
  expect(seen).toEqual(Array.from({ length: 1_990 }, (_, n) => n));
  expect(lanes.size).toBe(10);
});
