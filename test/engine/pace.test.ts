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

/** Long enough for the largest pieces. */
const untilLargest = 600;

it('begins small, and does larger and larger pieces while its timer is on time, up to a largest one', () => {
  const { pace, pieces } = endless();
  pace.start();
  vi.advanceTimersByTime(untilLargest);
  pace.close();
  expect(pieces).toHaveLength(150);
  for (const [index, piece] of pieces.entries()) expect(piece).toBe(Math.floor(Math.min(16, 2 + (index + 1) / 8)));
});

it('does half as much each time it comes late, and never nothing', () => {
  let elsewhere = 0;
  const { pace, pieces } = endless(() => performance.now() + elsewhere);
  pace.start();
  vi.advanceTimersByTime(untilLargest);
  pieces.length = 0;
  for (let round = 0; round < 6; round += 1) {
    // The processor is with somebody else when the timer is due.
    elsewhere += 3;
    vi.advanceTimersByTime(4);
  }
  pace.close();
  expect(pieces).toEqual([8, 4, 2, 1, 1, 1]);
});

it('stops when all is done, and starts once however often it is told', () => {
  let left = 6;
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
  expect(pieces).toEqual([2, 2, 2]);
  expect(vi.getTimerCount()).toBe(0);
});

it('goes on as it was after a short pause, and begins small again after a long one', () => {
  const pieces: number[] = [];
  const pace = new Pace((most) => {
    pieces.push(most);
    return 'done';
  });
  for (let piece = 0; piece < 9; piece += 1) {
    pace.start();
    vi.advanceTimersByTime(400);
  }
  expect(pieces.slice(-2)).toEqual([3, 3]);
  vi.advanceTimersByTime(200);
  pace.start();
  vi.advanceTimersByTime(100);
  expect(pieces.at(-1)).toBe(2);
});

it('does nothing any more once it is closed', () => {
  const { pace, pieces } = endless();
  pace.start();
  pace.close();
  vi.advanceTimersByTime(100);
  expect(pieces).toEqual([]);
});
