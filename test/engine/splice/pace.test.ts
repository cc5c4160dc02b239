import { expect, it } from 'vitest';
import { Pace } from '../../../src/engine/splice/pace.ts';
import { ManualLoop } from '../manual-loop.ts';

/** A pace with so much work, and the pieces that it has done. */
function openPace(work = Number.POSITIVE_INFINITY) {
  const loop = new ManualLoop();
  const pieces: number[] = [];
  let left = work;
  const pace = new Pace((most) => {
    pieces.push(most);
    left -= most;
    return left > 0 ? 'more' : 'done';
  }, loop);
  return { loop, pace, pieces };
}

it('does larger pieces while its timer is on time, smaller ones when it is late, and never nothing', () => {
  const { loop, pace, pieces } = openPace();
  pace.start();
  loop.pass(1_000);
  const largest = pieces.at(-1) ?? 0;
  expect(largest).toBeGreaterThan(pieces[0] ?? 0);
  const onTime = pieces.length;
  for (let round = 0; round < 10; round += 1) {
    // The processor is with another process when the timer is due.
    loop.stall(10);
    loop.pass(0);
  }
  const late = pieces.slice(onTime);
  expect(late).toHaveLength(10);
  expect(late).toEqual(late.toSorted((a, b) => b - a));
  expect(late.at(-1)).toBe(1);
});

it('stops when all is done, and starts once however often it is called', () => {
  const { loop, pace, pieces } = openPace(6);
  pace.start();
  pace.start();
  expect(loop.timers).toBe(1);
  loop.pass(1_000);
  expect(pieces.reduce((sum, piece) => sum + piece, 0)).toBeGreaterThanOrEqual(6);
  expect(loop.timers).toBe(0);
});

it('begins small again after a long pause', () => {
  const { loop, pace, pieces } = openPace();
  pace.start();
  loop.pass(1_000);
  const [first] = pieces;
  const next = openPace(1);
  next.pace.start();
  next.loop.pass(10_000);
  next.pace.start();
  next.loop.pass(10);
  expect(next.pieces).toEqual([first, first]);
});

it('does nothing any more once it is closed', () => {
  const { loop, pace, pieces } = openPace();
  pace.start();
  pace.close();
  pace.start();
  loop.pass(100);
  expect(pieces).toEqual([]);
});
