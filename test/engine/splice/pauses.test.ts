import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type PausedDoor, Pauses } from '../../../src/engine/splice/pauses.ts';
import { until } from '../../contract/peer.ts';
import { useFakeClock } from '../fake-clock.ts';

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
    room: 'free',
    crashed: () => {},
    admitOne() {
      if (this.left === 0) return 'has none';
      this.left -= 1;
      calls.now += 1;
      calls.deepest = Math.max(calls.deepest, calls.now);
      pauses.admit();
      calls.now -= 1;
      return 'taken';
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
    room: 'free',
    crashed: (error) => bugs.push(error),
    admitOne: () => {
      asked += 1;
      if (asked === 1) throw bug;
      return 'has none';
    },
  };
  const other: PausedDoor = {
    get room() {
      fine += 1;
      return 'none' as const;
    },
    crashed: () => {},
    admitOne: () => 'cannot',
  };
  pauses.add(faulty);
  pauses.add(other);
  pauses.admit();
  expect([bugs, fine]).toEqual([[bug], 1]);
  await until(() => asked === 2, 'it to be asked again');
  expect(fine).toBe(2);
});

describe('a crowd', () => {
  useFakeClock('setTimeout', 'clearTimeout');

  /** A door with so many newcomers, or those who have gone, in its queue. */
  function openDoor(newcomers: number, room: PausedDoor['room'] = 'crowded', outcome: 'taken' | 'gone' = 'taken') {
    const door = {
      left: newcomers,
      room,
      crashed: () => {},
      admitOne(): ReturnType<PausedDoor['admitOne']> {
        if (door.left === 0) return 'has none';
        door.left -= 1;
        return outcome;
      },
    };
    return door;
  }

  it('comes in by and by, in turns with that of another door', () => {
    const pauses = openPauses();
    const [flooded, other] = [openDoor(500), openDoor(20)];
    pauses.add(flooded);
    pauses.add(other);
    pauses.admitCrowd();
    expect(flooded.left).toBe(500);
    vi.advanceTimersByTime(70);
    expect(500 - flooded.left).toBeLessThanOrEqual(40);
    expect(other.left).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(flooded.left).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not hurried by sessions that end meanwhile, and holds nobody else up', () => {
    const pauses = openPauses();
    const [flooded, calm] = [openDoor(500), openDoor(50, 'free')];
    pauses.add(flooded);
    pauses.admitCrowd();
    pauses.add(calm);
    for (let ended = 0; ended < 100; ended += 1) pauses.admit();
    expect([flooded.left, calm.left]).toEqual([500, 0]);
  });

  it('begins where a session that ends makes room for one', () => {
    const pauses = openPauses();
    const flooded = openDoor(50);
    pauses.add(flooded);
    pauses.admit();
    expect(flooded.left).toBe(50);
    vi.advanceTimersByTime(100);
    expect(flooded.left).toBe(0);
  });

  it('that is none any more comes in at once', () => {
    const pauses = openPauses();
    const flooded = openDoor(500);
    pauses.add(flooded);
    pauses.admitCrowd();
    vi.advanceTimersByTime(4);
    expect(flooded.left).toBeGreaterThan(480);
    flooded.room = 'free';
    vi.advanceTimersByTime(40);
    expect(flooded.left).toBe(0);
  });

  it('is let in behind any number of doors that have no room, which keep no clock ticking', () => {
    const pauses = openPauses();
    const full = Array.from({ length: 200 }, () => openDoor(1, 'none'));
    const [calm, crowded] = [openDoor(3, 'free'), openDoor(3)];
    for (const door of [...full, calm, crowded]) pauses.add(door);
    pauses.admit();
    expect(calm.left).toBe(0);
    vi.advanceTimersByTime(8);
    expect([crowded.left, vi.getTimerCount()]).toEqual([0, 0]);
    expect(full.every(({ left }) => left === 1)).toBe(true);
  });

  it('does not keep the clock ticking while there is no room', () => {
    const pauses = openPauses();
    const flooded = openDoor(500);
    pauses.add(flooded);
    pauses.admitCrowd();
    flooded.room = 'none';
    vi.advanceTimersByTime(4);
    expect([vi.getTimerCount(), flooded.left]).toEqual([0, 500]);
  });

  it('of those who have gone is dropped in pieces, too, and faster', () => {
    const pauses = openPauses();
    const gone = openDoor(500, 'crowded', 'gone');
    pauses.add(gone);
    pauses.admitCrowd();
    vi.advanceTimersByTime(4);
    // The first piece is of two who stay.
    expect(500 - gone.left).toBeGreaterThan(4);
    expect(500 - gone.left).toBeLessThanOrEqual(12);
  });
});
