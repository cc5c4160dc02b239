import { expect, it, vi } from 'vitest';
import { Pace } from '../../src/engine/pace.ts';
import { useFakeClock } from './fake-clock.ts';

useFakeClock('setTimeout', 'clearTimeout');

/** A pace with endless work, and the pieces it has done. */
function endless(now: () => number = () => performance.now()) {
  const pieces: number[] = [];
  const pace = new Pace((most) => {
    pieces.push(most);
    return 'more';
  }, now);
  return { pace, pieces };
}

it('does larger and larger pieces while its timer is on time, up to a largest one', () => {
  const { pace, pieces } = endless();
  pace.start();
  vi.advanceTimersByTime(400);
  pace.close();
  expect(pieces).toHaveLength(100);
  for (const [index, piece] of pieces.entries()) expect(piece).toBe(Math.min(16, 9 + index));
});

it('does half as much each time it comes late, and never nothing', () => {
  let elsewhere = 0;
  const { pace, pieces } = endless(() => performance.now() + elsewhere);
  pace.start();
  for (let round = 0; round < 6; round += 1) {
    // The processor is with somebody else when the timer is due.
    elsewhere += 3;
    vi.advanceTimersByTime(4);
  }
  pace.close();
  expect(pieces).toEqual([4, 2, 1, 1, 1, 1]);
});

it('stops when all is done, and starts once however often it is told', () => {
  let left = 30;
  const pieces: number[] = [];
  const pace = new Pace(
    (most) => {
      pieces.push(most);
      left -= most;
      return left > 0 ? 'more' : 'done';
    },
    () => performance.now(),
  );
  pace.start();
  pace.start();
  vi.advanceTimersByTime(1_000);
  expect(pieces).toEqual([9, 10, 11]);
  expect(vi.getTimerCount()).toBe(0);
});

it('does nothing any more once it is closed', () => {
  const { pace, pieces } = endless();
  pace.start();
  pace.close();
  vi.advanceTimersByTime(100);
  expect(pieces).toEqual([]);
});
