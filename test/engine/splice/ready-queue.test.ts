import { expect, it, onTestFinished, vi } from 'vitest';
import { ReadyQueue, type Told } from '../../../src/engine/splice/ready-queue.ts';
import { EPOLLERR, EPOLLIN } from '../../../src/libc/constants.ts';
import { useFakeClock } from '../fake-clock.ts';

useFakeClock('setTimeout', 'clearTimeout');

const reset = EPOLLERR | EPOLLIN;

function openQueue() {
  const readyQueue = new ReadyQueue<Told>();
  onTestFinished(() => readyQueue.close());
  const told: { flow: number; events: number }[] = [];
  const bugs: unknown[] = [];
  const add = (flow: number, events: number, ready: () => void = () => {}): Told => {
    const item: Told = {
      flow,
      pending: 0,
      ready(seen) {
        told.push({ flow, events: seen });
        ready();
      },
      crashed: (error) => bugs.push(error),
    };
    readyQueue.add(item, events);
    return item;
  };
  const addMany = (count: number, flow: number, events: number) =>
    Array.from({ length: count }, () => add(flow, events));
  const toldOf = (flow: number) => told.filter((one) => one.flow === flow).length;
  return { readyQueue, told, bugs, add, addMany, toldOf };
}

it('tells of resets by and by, and of all else in the next slice', () => {
  const { readyQueue, told, add, addMany, toldOf } = openQueue();
  addMany(100, 1, reset);
  expect([readyQueue.size, readyQueue.empty]).toEqual([0, false]);
  add(2, EPOLLIN);
  readyQueue.tell();
  expect(told).toEqual([{ flow: 2, events: EPOLLIN }]);
  vi.advanceTimersByTime(4);
  expect(toldOf(1)).toBeGreaterThan(0);
  expect(toldOf(1)).toBeLessThanOrEqual(16);
  vi.advanceTimersByTime(200);
  expect([toldOf(1), readyQueue.empty]).toEqual([100, true]);
  expect(vi.getTimerCount()).toBe(0);
});

it('tells one that waits of all that has come till then, once', () => {
  const { readyQueue, told, add } = openQueue();
  const item = add(1, reset);
  readyQueue.add(item, EPOLLIN | 0x2000);
  readyQueue.tell();
  expect(told).toEqual([{ flow: 1, events: reset | 0x2000 }]);
});

it('hurries with resets where nobody else has anything', () => {
  const { readyQueue, add, addMany, toldOf } = openQueue();
  const after = (milliseconds: number, neighbour: 'talks' | 'is silent'): number => {
    const before = toldOf(1);
    for (let passed = 0; passed < milliseconds; passed += 4) {
      if (neighbour === 'talks') add(2, EPOLLIN);
      readyQueue.tell();
      vi.advanceTimersByTime(4);
    }
    return toldOf(1) - before;
  };
  addMany(8_000, 1, reset);
  expect(after(400, 'talks')).toBeLessThanOrEqual(1_600);
  expect(after(400, 'is silent')).toBeGreaterThan(2_500);
  expect(after(100, 'talks')).toBeLessThanOrEqual(400);
});

it('does not keep a failed dial waiting, which has no flow', () => {
  const { readyQueue, addMany, toldOf } = openQueue();
  addMany(100, 1, reset);
  addMany(3, 0, EPOLLERR);
  readyQueue.tell();
  expect([toldOf(0), toldOf(1)]).toEqual([3, 0]);
});

it('tells nothing to one that was closed while it waited', () => {
  const { readyQueue, told, add } = openQueue();
  const [first, second] = [add(1, reset, () => (second.pending = 0)), add(1, reset)];
  expect(first.pending).toBe(reset);
  readyQueue.tell();
  expect(told).toHaveLength(1);
});

it('goes on with the others after a bug in one', () => {
  const { readyQueue, bugs, add, toldOf } = openQueue();
  const bug = new Error('a bug');
  add(1, reset, () => {
    throw bug;
  });
  add(1, reset);
  readyQueue.tell();
  expect([bugs, toldOf(1)]).toEqual([[bug], 2]);
});

it('tells of few resets as of all else', () => {
  const { readyQueue, addMany, toldOf } = openQueue();
  addMany(60, 1, reset);
  expect(readyQueue.size).toBe(60);
  for (let turn = 0; turn < 8; turn += 1) readyQueue.tell();
  expect([toldOf(1), readyQueue.empty]).toEqual([60, true]);
  expect(vi.getTimerCount()).toBe(0);
});

it('lets the resets of an acceptor not wait for thousands of another', () => {
  const { addMany, toldOf } = openQueue();
  addMany(5_000, 1, reset);
  addMany(3, 2, reset);
  vi.advanceTimersByTime(4);
  expect(toldOf(2)).toBe(3);
});
