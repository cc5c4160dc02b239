import { expect, it, onTestFinished, vi } from 'vitest';
import { HeldResets, type ResetLeg } from '../../../src/engine/stream/held-resets.ts';
import { useFakeClock } from '../fake-clock.ts';

const ECONNRESET = -104;

useFakeClock('setTimeout', 'clearTimeout', 'setImmediate');

function open() {
  const resets = new HeldResets();
  onTestFinished(() => resets.close());
  const told: { flow: number; error: Error }[] = [];
  const bugs: unknown[] = [];
  const leg = (flow: number, failed: () => void = () => {}): ResetLeg & { socket: { destroyed: boolean } } => ({
    flow,
    awaited: false,
    socket: { destroyed: false },
    failed(error) {
      told.push({ flow, error });
      failed();
    },
    crashed: (error) => bugs.push(error),
  });
  const come = (count: number, flow: number) =>
    Array.from({ length: count }, () => {
      const one = leg(flow);
      resets.came(one, ECONNRESET);
      return one;
    });
  const toldOf = (flow: number): number => told.filter((one) => one.flow === flow).length;
  return { resets, told, bugs, leg, come, toldOf };
}

it('tells of a few at once, as Node would say it', () => {
  const { told, come } = open();
  const [first] = come(10, 1);
  expect(told).toHaveLength(10);
  expect(first?.awaited).toBe(false);
  expect(told[0]?.error).toMatchObject({
    code: 'ECONNRESET',
    errno: ECONNRESET,
    syscall: 'read',
    message: 'read ECONNRESET',
  });
  vi.runAllTimers();
  expect(told).toHaveLength(10);
});

it('tells of more than a few in the next turns of the loop', () => {
  const { come, toldOf } = open();
  const legs = come(60, 1);
  expect(toldOf(1)).toBe(16);
  expect(legs.filter(({ awaited }) => awaited)).toHaveLength(44);
  vi.advanceTimersToNextTimer();
  expect(toldOf(1)).toBe(32);
  vi.runAllTimers();
  expect(toldOf(1)).toBe(60);
  expect(legs.some(({ awaited }) => awaited)).toBe(false);
});

it('tells of a burst by and by, and hurries where nobody else has anything', () => {
  const { resets, come, toldOf } = open();
  come(5_000, 1);
  for (let passed = 0; passed < 400; passed += 4) {
    resets.heard(2);
    vi.advanceTimersByTime(4);
  }
  const beside = toldOf(1);
  expect(beside).toBeLessThan(2_000);
  vi.advanceTimersByTime(800);
  expect(toldOf(1)).toBe(5_000);
  expect(vi.getTimerCount()).toBe(0);
});

it('lets the resets of an acceptor not wait for those of another', () => {
  const { come, toldOf } = open();
  come(5_000, 1);
  come(3, 2);
  vi.advanceTimersByTime(8);
  expect(toldOf(2)).toBe(3);
});

it('leaves out who was closed while its reset waited', () => {
  const { come, toldOf } = open();
  const last = come(20, 1).at(-1);
  if (last !== undefined) last.socket.destroyed = true;
  vi.runAllTimers();
  expect(toldOf(1)).toBe(19);
});

it('goes on with the others after a bug in one', () => {
  const { resets, bugs, leg, come, toldOf } = open();
  const bug = new Error('a bug');
  const fail = (): void => {
    throw bug;
  };
  resets.came(leg(2, fail), ECONNRESET);
  come(30, 1);
  resets.came(leg(2, fail), ECONNRESET);
  vi.runAllTimers();
  expect([bugs, toldOf(1)]).toEqual([[bug, bug], 30]);
});
