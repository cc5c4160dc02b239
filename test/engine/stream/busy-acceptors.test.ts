import { expect, it, onTestFinished, vi } from 'vitest';
import { BusyAcceptors } from '../../../src/engine/stream/busy-acceptors.ts';
import { useFakeClock } from '../fake-clock.ts';

useFakeClock('setTimeout', 'clearTimeout');

function openBursts(): BusyAcceptors {
  const bursts = new BusyAcceptors();
  onTestFinished(() => bursts.close());
  return bursts;
}

/** An acceptor with so many in its queue. */
class QueuedAcceptor {
  busy = true;
  state: 'open' | 'shut' = 'open';
  came = 0;
  /** In which order acceptors were opened. */
  order: QueuedAcceptor[] = [];
  private readonly bursts: BusyAcceptors;
  private readonly cost: number;

  constructor(bursts: BusyAcceptors, cost = 1) {
    this.bursts = bursts;
    this.cost = cost;
  }

  open(): void {
    this.state = 'open';
    this.order.push(this);
  }

  shut(): void {
    this.state = 'shut';
  }

  /** libuv accepts one, where the acceptor is open. */
  turn(): void {
    if (this.state === 'shut') return;
    this.came += 1;
    if (this.busy) this.bursts.came(this, this.cost);
  }
}

/** Turns of the loop, in each of which every acceptor that is open has one new client. */
function turns(acceptors: readonly QueuedAcceptor[], count = 20): void {
  for (let turn = 0; turn < count; turn += 1) for (const acceptor of acceptors) acceptor.turn();
}

it('shuts a busy acceptor, and lets a piece in every 4 ms', () => {
  const acceptor = new QueuedAcceptor(openBursts());
  turns([acceptor]);
  expect([acceptor.came, acceptor.state]).toEqual([1, 'shut']);
  for (const pieces of [1, 2, 3]) {
    vi.advanceTimersByTime(4);
    turns([acceptor]);
    expect([acceptor.came, acceptor.state]).toEqual([1 + 2 * pieces, 'shut']);
  }
});

it('shares a piece among all acceptors, which take turns', () => {
  const bursts = openBursts();
  const acceptors = Array.from({ length: 10 }, () => new QueuedAcceptor(bursts));
  const order: QueuedAcceptor[] = [];
  for (const acceptor of acceptors) acceptor.order = order;
  turns(acceptors);
  const before = acceptors.map(({ came }) => came);
  expect(acceptors.every(({ state }) => state === 'shut')).toBe(true);
  for (let piece = 0; piece < 5; piece += 1) {
    vi.advanceTimersByTime(4);
    // epoll tells first of those who were opened first.
    turns(order.splice(0));
  }
  // Five pieces of two.
  expect(acceptors.map(({ came }, index) => came - (before[index] ?? 0))).toEqual(acceptors.map(() => 1));
});

it('lets those who have left go faster', () => {
  const acceptor = new QueuedAcceptor(openBursts(), 1 / 4);
  turns([acceptor]);
  vi.advanceTimersByTime(4);
  turns([acceptor]);
  expect(acceptor.came).toBe(1 + 8);
});

it('leaves an acceptor open where there is no burst any more, and keeps no clock ticking', () => {
  const bursts = openBursts();
  const [calm, busy] = [new QueuedAcceptor(bursts), new QueuedAcceptor(bursts)];
  turns([calm, busy]);
  calm.busy = false;
  vi.advanceTimersByTime(4);
  turns([calm, busy]);
  expect([calm.state, busy.state]).toEqual(['open', 'shut']);
  vi.advanceTimersByTime(4);
  expect([busy.state, vi.getTimerCount()]).toEqual(['open', 0]);
});

it('opens no acceptor any more that was closed, nor any once it is closed itself', () => {
  const bursts = openBursts();
  const [gone, there] = [new QueuedAcceptor(bursts), new QueuedAcceptor(bursts)];
  turns([gone, there]);
  bursts.delete(gone);
  bursts.close();
  vi.advanceTimersByTime(100);
  expect([gone.state, there.state]).toEqual(['shut', 'shut']);
});
