import { expect, it, onTestFinished, vi } from 'vitest';
import { CrowdedDoors } from '../../../src/engine/stream/crowded-doors.ts';
import { useFakeClock } from '../fake-clock.ts';

useFakeClock('setTimeout', 'clearTimeout');

function openCrowds(): CrowdedDoors {
  const crowds = new CrowdedDoors();
  onTestFinished(() => crowds.close());
  return crowds;
}

/** A door with so many in its queue, each of whom comes in as soon as it may. */
function openDoor(crowds: CrowdedDoors, newcomers: number) {
  const door = {
    left: newcomers,
    shares: [] as number[],
    letIn(most: number): void {
      door.shares.push(most);
      door.left = Math.max(0, door.left - most);
      if (door.left > 0) crowds.add(door);
    },
  };
  crowds.add(door);
  return door;
}

it('lets a crowd in by and by, and then keeps no clock ticking', () => {
  const crowds = openCrowds();
  const door = openDoor(crowds, 100);
  expect(door.shares).toEqual([]);
  vi.advanceTimersByTime(4);
  expect(door.shares).toEqual([2]);
  vi.advanceTimersByTime(1_000);
  expect([door.left, vi.getTimerCount()]).toEqual([0, 0]);
});

it('shares a piece among the doors, and leaves none of them out', () => {
  const crowds = openCrowds();
  const doors = Array.from({ length: 40 }, () => openDoor(crowds, 3));
  vi.advanceTimersByTime(4);
  expect(doors.every(({ shares }) => shares.length === 1 && shares[0] === 1)).toBe(true);
  vi.advanceTimersByTime(8);
  expect(doors.every(({ left }) => left === 0)).toBe(true);
});

it('lets nobody in any more once it is closed', () => {
  const crowds = openCrowds();
  const door = openDoor(crowds, 100);
  crowds.close();
  vi.advanceTimersByTime(100);
  expect(door.shares).toEqual([]);
});
