import { expect, it, onTestFinished, vi } from 'vitest';
import { Crowd, type Told } from '../../../src/engine/splice/crowd.ts';
import { EPOLLERR, EPOLLIN } from '../../../src/libc/constants.ts';
import { useFakeClock } from '../fake-clock.ts';

useFakeClock('setTimeout', 'clearTimeout');

const reset = EPOLLERR | EPOLLIN;

function openCrowd() {
  const crowd = new Crowd<Told>();
  onTestFinished(() => crowd.close());
  const told: { lane: number; events: number }[] = [];
  const bugs: unknown[] = [];
  const add = (lane: number, events: number, ready: () => void = () => {}): Told => {
    const item: Told = {
      lane,
      pending: 0,
      ready(seen) {
        told.push({ lane, events: seen });
        ready();
      },
      crashed: (error) => bugs.push(error),
    };
    crowd.add(item, events);
    return item;
  };
  const addMany = (count: number, lane: number, events: number) =>
    Array.from({ length: count }, () => add(lane, events));
  const toldOf = (lane: number) => told.filter((one) => one.lane === lane).length;
  return { crowd, told, bugs, add, addMany, toldOf };
}

it('tells of resets by and by, and of all else in the next slice', () => {
  const { crowd, told, add, addMany, toldOf } = openCrowd();
  addMany(100, 1, reset);
  expect([crowd.size, crowd.empty]).toEqual([0, false]);
  add(2, EPOLLIN);
  crowd.tell();
  expect(told).toEqual([{ lane: 2, events: EPOLLIN }]);
  vi.advanceTimersByTime(4);
  expect(toldOf(1)).toBeGreaterThan(0);
  expect(toldOf(1)).toBeLessThanOrEqual(16);
  vi.advanceTimersByTime(200);
  expect([toldOf(1), crowd.empty]).toEqual([100, true]);
  expect(vi.getTimerCount()).toBe(0);
});

it('tells one that waits of all that has come till then, once', () => {
  const { crowd, told, add } = openCrowd();
  const item = add(1, reset);
  crowd.add(item, EPOLLIN | 0x2000);
  crowd.tell();
  expect(told).toEqual([{ lane: 1, events: reset | 0x2000 }]);
});

it('hurries with resets where nobody else has anything', () => {
  const { crowd, add, addMany, toldOf } = openCrowd();
  const after = (milliseconds: number, neighbour: 'talks' | 'is silent'): number => {
    const before = toldOf(1);
    for (let passed = 0; passed < milliseconds; passed += 4) {
      if (neighbour === 'talks') add(2, EPOLLIN);
      crowd.tell();
      vi.advanceTimersByTime(4);
    }
    return toldOf(1) - before;
  };
  addMany(8_000, 1, reset);
  expect(after(400, 'talks')).toBeLessThanOrEqual(1_600);
  expect(after(400, 'is silent')).toBeGreaterThan(2_500);
  expect(after(100, 'talks')).toBeLessThanOrEqual(400);
});

it('does not keep a failed dial waiting, which has no lane', () => {
  const { crowd, addMany, toldOf } = openCrowd();
  addMany(100, 1, reset);
  addMany(3, 0, EPOLLERR);
  crowd.tell();
  expect([toldOf(0), toldOf(1)]).toEqual([3, 0]);
});

it('tells nothing to one that was closed while it waited', () => {
  const { crowd, told, add } = openCrowd();
  const [first, second] = [add(1, reset, () => (second.pending = 0)), add(1, reset)];
  expect(first.pending).toBe(reset);
  crowd.tell();
  expect(told).toHaveLength(1);
});

it('goes on with the others after a bug in one', () => {
  const { crowd, bugs, add, toldOf } = openCrowd();
  const bug = new Error('a bug');
  add(1, reset, () => {
    throw bug;
  });
  add(1, reset);
  crowd.tell();
  expect([bugs, toldOf(1)]).toEqual([[bug], 2]);
});

it('tells of few resets as of all else', () => {
  const { crowd, addMany, toldOf } = openCrowd();
  addMany(60, 1, reset);
  expect(crowd.size).toBe(60);
  for (let turn = 0; turn < 8; turn += 1) crowd.tell();
  expect([toldOf(1), crowd.empty]).toEqual([60, true]);
  expect(vi.getTimerCount()).toBe(0);
});

it('lets the resets of a door not wait for thousands of another', () => {
  const { addMany, toldOf } = openCrowd();
  addMany(5_000, 1, reset);
  addMany(3, 2, reset);
  vi.advanceTimersByTime(4);
  expect(toldOf(2)).toBe(3);
});
