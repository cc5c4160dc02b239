import { writeSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Room } from '../../../src/engine/engine.ts';
import {
  type Accepted,
  type ClientTurn,
  Listeners,
  type ListeningSocket,
} from '../../../src/engine/splice/listeners.ts';
import { noDescriptor, noSeat } from '../../../src/engine/splice/watched-sockets.ts';
import { until } from '../../contract/peer.ts';
import { ManualLoop } from '../manual-loop.ts';
import { openPipe, openReactor, Probe, watchPipe } from './probe.ts';
import { counted, openSockets, uncaughtUntil } from './splice-fixture.ts';

/** A listener with clients that wait: a pipe that is readable for ever. */
class FakeListener implements ListeningSocket {
  fd = noDescriptor;
  seat = noSeat;
  left: number;
  room: Room = 'free';
  turns = 0;
  onAccept: () => void = () => {};

  constructor(listeners: Listeners, clients: number) {
    this.left = clients;
    const { readEnd, writeEnd } = openPipe();
    writeSync(writeEnd, 'x');
    expect(listeners.add(this, readEnd)).toBe(0);
  }

  accept(turn: ClientTurn): Accepted {
    if (this.room === 'none') return 'no room';
    if (this.room === 'paced' && turn === 'at once') return 'paced';
    this.turns += 1;
    this.onAccept();
    // Room for no more: the pipe would stay readable.
    if (this.left === 0) return 'no room';
    this.left -= 1;
    return 'session';
  }

  crashed(error: unknown): void {
    throw error;
  }
}

function openListeners(count: number, clients: number) {
  const { libc, count: calls } = counted();
  const loop = new ManualLoop();
  const reactor = openReactor(libc, loop);
  const listeners = new Listeners(libc, reactor, loop);
  const all = Array.from({ length: count }, () => new FakeListener(listeners, clients));
  onTestFinished(() => {
    for (const listener of all) listeners.close(listener);
    listeners.shutDown();
  });
  const waiting = () => all.reduce((sum, { left }) => sum + left, 0);
  return { reactor, loop, listeners, all, calls, waiting };
}

it('gives sessions their turns however many listeners have clients, and lets the listeners take turns', () => {
  const { reactor, loop, all, calls, waiting } = openListeners(600, 10);
  const probe = new Probe();
  const makeReadable = watchPipe(reactor, probe);
  let before = waiting();
  for (let turn = 1; turn <= 10; turn += 1) {
    makeReadable();
    loop.runTurn();
    expect(probe.notified).toBe(turn);
    expect(waiting()).toBeLessThan(before);
    before = waiting();
  }
  // One wait of the reactor and one of the listeners each: no batch is full of listeners.
  expect(calls('epollWait')).toBe(20);
  expect(Math.max(...all.map(({ turns }) => turns))).toBe(1);
});

it('has no listener accept that was closed earlier in the same turn', () => {
  const { loop, listeners, all } = openListeners(2, 1);
  for (const [index, listener] of all.entries()) {
    listener.onAccept = () => {
      const other = all[1 - index];
      if (other !== undefined) listeners.close(other);
    };
  }
  loop.runTurn();
  expect(all.map(({ turns }) => turns).sort()).toEqual([0, 1]);
});

it('does not check a listener without room again until there may be some', () => {
  const { loop, listeners, all, calls } = openListeners(2, 1);
  for (const listener of all) listener.room = 'none';
  for (let turn = 0; turn < 3; turn += 1) loop.runTurn();
  const waits = calls('epollWait');
  for (let turn = 0; turn < 10; turn += 1) loop.runTurn();
  // The reactor's alone.
  expect(calls('epollWait') - waits).toBe(10);
  for (const listener of all) listener.room = 'free';
  listeners.admitWaiting();
  expect(all.map(({ left }) => left)).toEqual([0, 0]);
});

it('loses no listener’s turn to the bug of another, and comes back to that one', async () => {
  const { loop, all } = openListeners(8, 1);
  const bug = new Error('a bug');
  for (const listener of all.slice(0, 2)) {
    listener.onAccept = () => {
      if (listener.turns === 1) throw bug;
    };
  }
  const uncaught = await uncaughtUntil(() => {
    loop.runTurn();
    loop.pass(100);
    return all.every(({ left }) => left === 0);
  });
  expect(uncaught).toEqual([bug, bug]);
});

it('leaves no descriptor when it is shut down', () => {
  const loop = new ManualLoop();
  const { libc } = counted();
  const reactor = openReactor(libc, loop);
  const before = openSockets();
  const listeners = new Listeners(libc, reactor, loop);
  expect(openSockets()).toBe(before + 1);
  listeners.shutDown();
  listeners.shutDown();
  expect(openSockets()).toBe(before);
});

describe('a burst', () => {
  function openBurst(count: number, clients: number) {
    const opened = openListeners(count, clients);
    for (const listener of opened.all) listener.room = 'paced';
    opened.loop.runTurn();
    return opened;
  }

  it('waits in the kernel’s queues, and comes in at a pace', () => {
    const { loop, waiting } = openBurst(100, 10);
    for (let turn = 0; turn < 5; turn += 1) loop.runTurn();
    expect(waiting()).toBe(1_000);
    loop.pass(100);
    expect(1_000 - waiting()).toBeGreaterThan(0);
    expect(1_000 - waiting()).toBeLessThan(200);
    loop.pass(1_000);
    expect(waiting()).toBe(0);
    expect(loop.timers).toBe(0);
  });

  it('lets all listeners take turns', () => {
    const { loop, all } = openBurst(20, 50);
    loop.pass(200);
    const turns = all.map(({ turns }) => turns);
    expect(Math.min(...turns)).toBeGreaterThan(1);
    expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(1);
  });

  it('is over when no client waits: the next one comes in at once', () => {
    const { loop, listeners, all, waiting } = openBurst(10, 5);
    loop.pass(500);
    expect(waiting()).toBe(0);
    for (const listener of all) Object.assign(listener, { room: 'free', left: 1 });
    listeners.admitWaiting();
    expect(waiting()).toBe(0);
  });

  it('lasts no longer than it takes to let in a thousand and more a second, however busy the machine', async () => {
    const { loop, waiting } = openBurst(100, 60);
    const start = loop.now();
    await until(() => {
      // Each timer is late.
      loop.stall(10);
      loop.pass(0);
      return waiting() === 0;
    }, 'all clients to come in');
    expect(loop.now() - start).toBeLessThan(6_000);
  });
});
