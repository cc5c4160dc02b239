import { expect, it } from 'vitest';
import { dialFlow, noEvents, type Ready, ReadyQueue } from '../../../src/engine/splice/ready-queue.ts';
import { EPOLLERR, EPOLLIN, EPOLLOUT } from '../../../src/libc/constants.ts';

interface Item extends Ready {
  readonly n: number;
}

const item = (flow: number, n: number): Item => ({ flow, n, pending: noEvents });

it('lets flows take turns, each first come first served', () => {
  const queue = new ReadyQueue<Item>();
  const [a0, a1, a2, b0] = [item(1, 0), item(1, 1), item(1, 2), item(2, 0)];
  for (const one of [a0, a1, a2, b0]) queue.add(one, EPOLLIN);
  expect(queue.size).toBe(4);
  expect(Array.from({ length: 5 }, () => queue.take())).toEqual([a0, b0, a1, a2, undefined]);
  expect(queue.size).toBe(0);
});

it('gives all resets one turn, and a dial that has failed its own', () => {
  const queue = new ReadyQueue<Item>();
  const resets = Array.from({ length: 100 }, (_, n) => item(n, n));
  for (const one of resets) queue.add(one, EPOLLERR | EPOLLIN);
  const [other, dial] = [item(1_000, 0), item(dialFlow, 0)];
  queue.add(other, EPOLLIN);
  queue.add(dial, EPOLLERR);
  expect(Array.from({ length: 4 }, () => queue.take())).toEqual([resets[0], other, dial, resets[1]]);
});

it('queues a socket once, with all of its events', () => {
  const queue = new ReadyQueue<Item>();
  const one = item(1, 0);
  expect([EPOLLIN, EPOLLERR, EPOLLOUT].map((events) => queue.add(one, events))).toEqual([true, false, false]);
  expect([queue.size, one.pending]).toEqual([1, EPOLLIN | EPOLLERR | EPOLLOUT]);
  expect([queue.take(), queue.take()]).toEqual([one, undefined]);
});

it('keeps the order in a flow that is never empty', () => {
  const queue = new ReadyQueue<Item>();
  const seen: (number | undefined)[] = [];
  for (let n = 0; n < 2_000; n += 1) {
    queue.add(item(1, n), EPOLLIN);
    if (n >= 10) seen.push(queue.take()?.n);
  }
  expect(seen).toEqual(Array.from({ length: 1_990 }, (_, n) => n));
  expect(queue.size).toBe(10);
});
