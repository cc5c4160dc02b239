import { expect, it } from 'vitest';
import { PausedListeners } from '../../../src/engine/splice/paused-listeners.ts';
import { ManualLoop } from '../manual-loop.ts';

/** A listener with so many clients in its queue, and perhaps no room for them. */
class Queue {
  left: number;
  room: 'free' | 'none';
  tries = 0;

  constructor(clients: number, room: 'free' | 'none' = 'free') {
    this.left = clients;
    this.room = room;
  }
}

function openPaused(queues: readonly Queue[], onTaken: (queue: Queue) => void = () => {}) {
  const loop = new ManualLoop();
  const paused = new PausedListeners<Queue>((queue) => {
    queue.tries += 1;
    if (queue.room === 'none') return 'waits';
    if (queue.left === 0) return 'resumed';
    queue.left -= 1;
    onTaken(queue);
    return 'client';
  }, loop);
  for (const queue of queues) paused.add(queue);
  return { loop, paused };
}

const left = (queues: readonly Queue[]): number[] => queues.map((queue) => queue.left);

it('takes a client of each listener, and the next ones in turns of the loop', () => {
  const queues = [new Queue(3), new Queue(1), new Queue(2, 'none')];
  const { loop, paused } = openPaused(queues);
  paused.admit();
  expect(left(queues)).toEqual([2, 0, 2]);
  loop.runTurn();
  expect(left(queues)).toEqual([1, 0, 2]);
  loop.runTurn();
  loop.runTurn();
  expect(left(queues)).toEqual([0, 0, 2]);
  for (const queue of queues) queue.room = 'free';
  paused.admit();
  expect(left(queues)).toEqual([0, 0, 1]);
});

it('starves no listener where one client at a time has room', () => {
  const queues = Array.from({ length: 5 }, () => new Queue(100));
  let room = 0;
  const { loop, paused } = openPaused(queues, () => {
    room -= 1;
    for (const queue of queues) queue.room = room > 0 ? 'free' : 'none';
  });
  for (let session = 0; session < 50; session += 1) {
    room += 1;
    for (const queue of queues) queue.room = 'free';
    paused.admit();
    loop.runTurn();
  }
  expect(left(queues)).toEqual([90, 90, 90, 90, 90]);
});

it('leaves the rest of the loop its turn, however many listeners have clients', () => {
  const queues = Array.from({ length: 700 }, () => new Queue(1));
  const { loop, paused } = openPaused(queues);
  paused.admit();
  const inOneTurn = queues.filter((queue) => queue.left === 0).length;
  expect(inOneTurn).toBeGreaterThan(0);
  expect(inOneTurn).toBeLessThan(100);
  for (let turn = 0; turn < 20; turn += 1) loop.runTurn();
  expect(left(queues).every((clients) => clients === 0)).toBe(true);
});

it('does not accept within the accept of another client, where a session ends at once', () => {
  let depth = 0;
  const queues = [new Queue(3), new Queue(5)];
  const { loop, paused } = openPaused(queues, () => {
    depth += 1;
    expect(depth).toBe(1);
    paused.admit();
    depth -= 1;
  });
  paused.admit();
  for (let turn = 0; turn < 6; turn += 1) loop.runTurn();
  expect(left(queues)).toEqual([0, 0]);
});

it('does not spin while there is no room', () => {
  const queue = new Queue(1, 'none');
  const { loop, paused } = openPaused([queue]);
  paused.admit();
  for (let turn = 0; turn < 10; turn += 1) loop.runTurn();
  loop.pass(10_000);
  expect(queue.tries).toBe(1);
});

it('retries after a while, once however often it is called', () => {
  const queue = new Queue(1, 'none');
  const { loop, paused } = openPaused([queue]);
  for (let call = 0; call < 3; call += 1) paused.retrySoon();
  expect(loop.timers).toBe(1);
  queue.room = 'free';
  loop.pass(1_000);
  expect(queue.left).toBe(0);
  expect(loop.timers).toBe(0);
});

it('passes over a listener that was closed by the client of another, and ends when it is closed', () => {
  const queues = [new Queue(9), new Queue(9)];
  const { loop, paused } = openPaused(queues, () => {
    const [, second] = queues;
    if (second !== undefined) paused.delete(second);
  });
  paused.admit();
  expect(left(queues)).toEqual([8, 9]);
  paused.retrySoon();
  paused.close();
  paused.retrySoon();
  loop.runTurn();
  loop.pass(1_000);
  expect(left(queues)).toEqual([8, 9]);
});
