import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
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

describe('a crowd', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A door with so many newcomers, or those who have gone, in its queue; those of a crowd are let in by and by. */
  function crowdedDoor(newcomers: number, outcome: 'taken' | 'gone' = 'taken') {
    const door = {
      left: newcomers,
      crashed: () => {},
      admitOne(crowd: 'lets in' | 'waits'): ReturnType<PausedDoor['admitOne']> {
        if (crowd === 'waits') return 'crowded';
        if (door.left === 0) return 'has none';
        door.left -= 1;
        return outcome;
      },
    };
    return door;
  }

  it('comes in by and by, and a door beside it takes its turns', () => {
    const pauses = openPauses();
    const [flooded, other] = [crowdedDoor(500), crowdedDoor(20)];
    pauses.add(flooded);
    pauses.add(other);
    pauses.admitCrowd();
    expect(flooded.left).toBe(500);
    vi.advanceTimersByTime(20);
    expect(500 - flooded.left).toBeLessThanOrEqual(60);
    expect(other.left).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(flooded.left).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not hurried by sessions that end meanwhile', () => {
    const pauses = openPauses();
    const flooded = crowdedDoor(500);
    pauses.add(flooded);
    pauses.admitCrowd();
    for (let ended = 0; ended < 100; ended += 1) pauses.admit();
    expect(flooded.left).toBe(500);
  });

  it('begins where a session that ends makes room for one', () => {
    const pauses = openPauses();
    const flooded = crowdedDoor(50);
    pauses.add(flooded);
    pauses.admit();
    expect(flooded.left).toBe(50);
    vi.advanceTimersByTime(100);
    expect(flooded.left).toBe(0);
  });

  it('of those who have gone is dropped in pieces, too, and faster', () => {
    const pauses = openPauses();
    const [gone, taken] = [crowdedDoor(500, 'gone'), crowdedDoor(500)];
    for (const door of [gone, taken]) {
      pauses.add(door);
      pauses.admitCrowd();
      vi.advanceTimersByTime(4);
    }
    expect(gone.left).toBeLessThan(500);
    expect(gone.left).toBeGreaterThan(400);
  });
});
