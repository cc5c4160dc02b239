import { expect, it, onTestFinished } from 'vitest';
import { type PausedDoor, Pauses } from '../../../src/engine/splice/pauses.ts';
import { until } from '../../contract/peer.ts';

function openPauses(): Pauses {
  const pauses = new Pauses();
  onTestFinished(() => pauses.close());
  return pauses;
}

it('takes no door twice at a time, where a newcomer ends at once and asks for the next', () => {
  const pauses = openPauses();
  const calls = { now: 0, deepest: 0 };
  const open = (newcomers: number): PausedDoor & { left: number } => ({
    left: newcomers,
    crashed: () => {},
    admitOne() {
      if (this.left === 0) return 'has none';
      this.left -= 1;
      calls.now += 1;
      calls.deepest = Math.max(calls.deepest, calls.now);
      pauses.admit();
      calls.now -= 1;
      return 'waits';
    },
  });
  const doors = [open(3), open(5)];
  for (const door of doors) pauses.add(door);
  pauses.admit();
  expect(doors.map(({ left }) => left)).toEqual([0, 0]);
  expect(calls.deepest).toBe(1);
});

it('loses no door to a bug of one, and asks that one again soon', async () => {
  const pauses = openPauses();
  const bug = new Error('a bug');
  const bugs: unknown[] = [];
  let fine = 0;
  let asked = 0;
  const faulty: PausedDoor = {
    crashed: (error) => bugs.push(error),
    admitOne: () => {
      asked += 1;
      if (asked === 1) throw bug;
      return 'has none';
    },
  };
  const other: PausedDoor = {
    crashed: () => {},
    admitOne: () => {
      fine += 1;
      return 'no room';
    },
  };
  pauses.add(faulty);
  pauses.add(other);
  pauses.admit();
  expect([bugs, fine]).toEqual([[bug], 1]);
  await until(() => asked === 2, 'it to be asked again');
  expect(fine).toBe(2);
});
