import { writeSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Room } from '../../../src/engine/engine.ts';
import { Listeners, type ListeningSocket, small } from '../../../src/engine/splice/listeners.ts';
import { useFakeClock } from '../fake-clock.ts';
import { counted, openSockets, uncaughtUntil, watched } from './instruments.ts';
import { openPipe, openReactor, Probe, watchPipe } from './probe.ts';

/** A listener with clients that wait: a pipe that is readable until it is closed. */
class FakeListener implements ListeningSocket {
  fd = -1;
  seat = -1;
  left: number;
  is: Room = 'free';
  turns = 0;
  onAccept: () => void = () => {};
  private readonly listeners: Listeners;

  constructor(listeners: Listeners, clients: number) {
    this.listeners = listeners;
    this.left = clients;
    const { readEnd, writeEnd } = openPipe();
    writeSync(writeEnd, 'x');
    expect(listeners.add(this, readEnd)).toBe(0);
  }

  room(): Room {
    return this.is;
  }

  accept(most: number): number {
    this.turns += 1;
    this.onAccept();
    const taken = Math.min(most, this.left);
    this.left -= taken;
    if (this.left === 0) this.listeners.pause(this);
    return taken || small;
  }

  crashed(error: unknown): void {
    throw error;
  }
}

/** Over a loop that only turns when the test looks. */
function openListeners(count: number, clients: number) {
  const { libc, count: calls } = counted(watched);
  const reactor = openReactor(libc);
  const listeners = new Listeners(libc, reactor);
  const all = Array.from({ length: count }, () => new FakeListener(listeners, clients));
  onTestFinished(() => {
    for (const listener of all) listeners.close(listener);
    listeners.shutDown();
  });
  const waiting = () => all.reduce((sum, { left }) => sum + left, 0);
  return { reactor, listeners, all, calls, waiting };
}

it('gives sessions their turns however many listeners have clients', () => {
  const { reactor, all, calls, waiting } = openListeners(600, 10);
  const probe = new Probe();
  const makeReadable = watchPipe(reactor, probe);
  for (let look = 1; look <= 10; look += 1) {
    makeReadable();
    reactor.look();
    expect(probe.heard).toBe(look);
    expect(6_000 - waiting()).toBe(8 * look);
  }
  // One wait of the reactor's and one of the listeners' each: no batch is full of listeners.
  expect(calls('epollWait')).toBe(20);
  // They take turns.
  expect(all.filter(({ turns }) => turns === 1)).toHaveLength(80);
});

it('lets a listener by itself take more at a time', () => {
  const { reactor, waiting } = openListeners(2, 100);
  reactor.look();
  expect(waiting()).toBe(200 - 8);
});

it('asks no listener that was closed earlier in the same turn', () => {
  const { reactor, listeners, all } = openListeners(2, 1);
  for (const [index, listener] of all.entries()) {
    listener.onAccept = () => {
      const other = all[1 - index];
      if (other !== undefined) listeners.close(other);
    };
  }
  reactor.look();
  expect(all.map(({ turns }) => turns).sort()).toEqual([0, 1]);
});

it('loses no listener’s turn to the bug of another', async () => {
  const { reactor, all } = openListeners(8, 1);
  const bug = new Error('a bug');
  for (const listener of all.slice(0, 2)) {
    listener.onAccept = () => {
      if (listener.turns === 1) throw bug;
    };
  }
  const uncaught = await uncaughtUntil(() => {
    reactor.look();
    return all.every(({ left }) => left === 0);
  });
  expect(uncaught).toEqual([bug, bug]);
});

it('leaves no descriptor when it is shut down', () => {
  const reactor = openReactor(watched);
  const before = openSockets();
  const listeners = new Listeners(counted(watched).libc, reactor);
  expect(openSockets()).toBe(before + 1);
  listeners.shutDown();
  listeners.shutDown();
  expect(openSockets()).toBe(before);
});

describe('a burst', () => {
  useFakeClock('setTimeout', 'clearTimeout');

  function openBurst(count: number, clients: number) {
    const opened = openListeners(count, clients);
    for (const listener of opened.all) listener.is = 'paced';
    opened.reactor.look();
    return opened;
  }

  it('waits in the kernel’s queues, and comes in at a pace', () => {
    const { reactor, waiting } = openBurst(100, 10);
    expect(waiting()).toBe(1_000);
    for (let look = 0; look < 5; look += 1) expect(reactor.look()).toBe('all seen');
    expect(waiting()).toBe(1_000);
    vi.advanceTimersByTime(4);
    expect(1_000 - waiting()).toBe(2);
    vi.advanceTimersByTime(96);
    expect(1_000 - waiting()).toBeLessThan(150);
    vi.advanceTimersByTime(1_000);
    expect(waiting()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets all listeners take turns', () => {
    const { all } = openBurst(20, 50);
    vi.advanceTimersByTime(200);
    const turns = all.map(({ turns }) => turns);
    expect(Math.min(...turns)).toBeGreaterThan(5);
    expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(1);
  });

  it('is over when nobody waits any more: the next client comes in at once', () => {
    const { reactor, listeners, all } = openBurst(10, 5);
    vi.advanceTimersByTime(200);
    for (const listener of all) Object.assign(listener, { is: 'free', left: 1 });
    for (const listener of all.slice(0, 8)) listeners.resume(listener);
    reactor.look();
    expect(all.map(({ left }) => left)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  });

  it('lasts no longer than it takes to let in thousands a second, however busy the machine', () => {
    const { waiting } = openBurst(100, 60);
    const start = performance.now();
    // Each timer is late.
    for (let wakeUps = 0; waiting() > 0 && wakeUps < 10_000; wakeUps += 1) {
      vi.setSystemTime(Date.now() + 6);
      vi.advanceTimersToNextTimer();
    }
    expect(waiting()).toBe(0);
    expect(performance.now() - start).toBeLessThan(30_000);
  });
});
