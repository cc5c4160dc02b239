import { expect, it, onTestFinished, vi } from 'vitest';
import { CrowdedDoors } from '../../../src/engine/stream/crowded-doors.ts';
import { useFakeClock } from '../fake-clock.ts';

useFakeClock('setTimeout', 'clearTimeout');

function openCrowds(): CrowdedDoors {
  const crowds = new CrowdedDoors();
  onTestFinished(() => crowds.close());
  return crowds;
}

/** A door with so many in its queue. */
class QueuedDoor {
  crowded = true;
  state: 'open' | 'shut' = 'open';
  came = 0;
  /** In which order doors were opened. */
  order: QueuedDoor[] = [];
  private readonly crowds: CrowdedDoors;
  private readonly cost: number;

  constructor(crowds: CrowdedDoors, cost = 1) {
    this.crowds = crowds;
    this.cost = cost;
  }

  open(): void {
    this.state = 'open';
    this.order.push(this);
  }

  shut(): void {
    this.state = 'shut';
  }

  /** libuv accepts one, where the door is open. */
  turn(): void {
    if (this.state === 'shut') return;
    this.came += 1;
    if (this.crowded) this.crowds.came(this, this.cost);
  }
}

/** Turns of the loop, in each of which every door that is open has one newcomer. */
function turns(doors: readonly QueuedDoor[], count = 20): void {
  for (let turn = 0; turn < count; turn += 1) for (const door of doors) door.turn();
}

it('shuts a crowded door, and lets a piece in every 4 ms', () => {
  const door = new QueuedDoor(openCrowds());
  turns([door]);
  expect([door.came, door.state]).toEqual([1, 'shut']);
  for (const pieces of [1, 2, 3]) {
    vi.advanceTimersByTime(4);
    turns([door]);
    expect([door.came, door.state]).toEqual([1 + 2 * pieces, 'shut']);
  }
});

it('shares a piece among all doors, which take turns', () => {
  const crowds = openCrowds();
  const doors = Array.from({ length: 10 }, () => new QueuedDoor(crowds));
  const order: QueuedDoor[] = [];
  for (const door of doors) door.order = order;
  turns(doors);
  const before = doors.map(({ came }) => came);
  expect(doors.every(({ state }) => state === 'shut')).toBe(true);
  for (let piece = 0; piece < 5; piece += 1) {
    vi.advanceTimersByTime(4);
    // epoll tells first of those who were opened first.
    turns(order.splice(0));
  }
  // Five pieces of two.
  expect(doors.map(({ came }, index) => came - (before[index] ?? 0))).toEqual(doors.map(() => 1));
});

it('lets those who have left go faster', () => {
  const door = new QueuedDoor(openCrowds(), 1 / 4);
  turns([door]);
  vi.advanceTimersByTime(4);
  turns([door]);
  expect(door.came).toBe(1 + 8);
});

it('leaves a door open where there is no crowd any more, and keeps no clock ticking', () => {
  const crowds = openCrowds();
  const [calm, crowded] = [new QueuedDoor(crowds), new QueuedDoor(crowds)];
  turns([calm, crowded]);
  calm.crowded = false;
  vi.advanceTimersByTime(4);
  turns([calm, crowded]);
  expect([calm.state, crowded.state]).toEqual(['open', 'shut']);
  vi.advanceTimersByTime(4);
  expect([crowded.state, vi.getTimerCount()]).toEqual(['open', 0]);
});

it('opens no door any more that was closed, nor any once it is closed itself', () => {
  const crowds = openCrowds();
  const [gone, there] = [new QueuedDoor(crowds), new QueuedDoor(crowds)];
  turns([gone, there]);
  crowds.delete(gone);
  crowds.close();
  vi.advanceTimersByTime(100);
  expect([gone.state, there.state]).toEqual(['shut', 'shut']);
});
