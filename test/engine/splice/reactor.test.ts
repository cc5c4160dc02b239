import { writeSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chooseLoop, watchedLoop } from '../../../src/engine/loop.ts';
import { Reactor } from '../../../src/engine/splice/reactor.ts';
import { EPOLLET, EPOLLIN } from '../../../src/libc/constants.ts';
import { until } from '../../contract/peer.ts';
import { ManualLoop } from '../manual-loop.ts';
import { openPipe, openReactor, Probe, watchPipe } from './probe.ts';
import { libc, openSockets, uncaughtUntil } from './splice-fixture.ts';

/** F_DUPFD (fcntl(2)): the lowest free number that is not below. */
const F_DUPFD = 0;

describe('an event of a socket that was closed earlier in the same batch', () => {
  it('does not reach the new client that has its number and its seat', async () => {
    const reactor = openReactor();
    const probes = [new Probe(), new Probe()];
    const incoming = new Probe();
    const spare = openPipe();
    const closed = { fd: -1, seat: -1 };
    for (const [index, probe] of probes.entries()) {
      const other = probes[1 - index];
      if (other === undefined) throw new Error('there are two');
      probe.onReady = () => {
        if (incoming.fd !== -1) return;
        Object.assign(closed, { fd: other.fd, seat: other.seat });
        reactor.close(other);
        const fd = libc.fcntl(spare.readEnd, F_DUPFD, closed.fd);
        libc.close(spare.readEnd);
        expect(reactor.add(incoming, fd, EPOLLIN | EPOLLET)).toBe(0);
      };
    }
    onTestFinished(() => reactor.close(incoming));
    for (const makeReadable of probes.map((probe) => watchPipe(reactor, probe))) makeReadable();
    reactor.look();
    expect([incoming.fd, incoming.seat]).toEqual([closed.fd, closed.seat]);
    // One of the two closed the other, which was in the batch as well.
    expect(probes.map(({ notified }) => notified).sort()).toEqual([0, 1]);
    expect(incoming.notified).toBe(0);
    writeSync(spare.writeEnd, 'x');
    await until(() => incoming.notified === 1, 'its own event to reach it');
  });

  it('reaches no other socket, also when the seat has changed hands many times', () => {
    const reactor = openReactor();
    const first = new Probe();
    const second = new Probe();
    const writes = [watchPipe(reactor, first), watchPipe(reactor, second)];
    const later = new Probe();
    const refused: number[] = [];
    const replace = (other: Probe): void => {
      reactor.close(other);
      for (let round = 0; round < 100; round += 1) {
        refused.push(reactor.add(later, openPipe().readEnd, EPOLLIN));
        reactor.close(later);
      }
    };
    first.onReady = () => replace(second);
    second.onReady = () => replace(first);
    for (const makeReadable of writes) makeReadable();
    reactor.look();
    expect(later.notified).toBe(0);
    expect(refused).toEqual(Array.from({ length: 100 }, () => 0));
  });
});

describe('the reactor', () => {
  it('loses no other event to an exception, which ends its owner or is uncaught', async () => {
    const reactor = openReactor();
    const probes = Array.from({ length: 9 }, () => new Probe());
    const bug = new Error('a bug');
    for (const [index, probe] of probes.entries()) {
      const makeReadable = watchPipe(reactor, probe);
      if (index % 3 === 0) {
        probe.crash = index === 0 ? 'is not its own' : 'ends it';
        probe.onReady = () => {
          throw bug;
        };
      }
      makeReadable();
    }
    const uncaught = await uncaughtUntil(() => probes.every(({ notified }) => notified === 1));
    expect(uncaught).toEqual([bug]);
    expect(probes.map(({ ended }) => ended.length)).toEqual([0, 0, 0, 1, 0, 0, 1, 0, 0]);
  });

  it('leaves the rest of many events that take long to the next turn', async () => {
    const loop = new ManualLoop();
    const reactor = openReactor(libc, loop);
    const probes = Array.from({ length: 100 }, () => new Probe());
    for (const probe of probes) {
      probe.onReady = () => loop.stall(1);
      watchPipe(reactor, probe)();
    }
    const notified = (): number => probes.filter((probe) => probe.notified === 1).length;
    loop.runTurn();
    expect(notified()).toBeLessThan(100);
    for (let turn = 0; turn < 100; turn += 1) loop.runTurn();
    expect(notified()).toBe(100);
  });

  it('lets flows take turns where much is ready at once', () => {
    const reactor = openReactor();
    const order: number[] = [];
    const watchIn = (flow: number): (() => void) => {
      const probe = new Probe();
      probe.flow = flow;
      probe.onReady = () => order.push(flow);
      return watchPipe(reactor, probe);
    };
    const flood = Array.from({ length: 400 }, () => watchIn(1));
    const others = [2, 3].map(watchIn);
    // The kernel reports them in this order.
    for (const makeReadable of [...flood, ...others]) makeReadable();
    while (reactor.look() === 'more');
    expect(order).toHaveLength(402);
    expect(order.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it('notifies a socket once that is in every batch', () => {
    const reactor = openReactor();
    const levelTriggered = new Probe();
    const { readEnd, writeEnd } = openPipe();
    expect(reactor.add(levelTriggered, readEnd, EPOLLIN)).toBe(0);
    onTestFinished(() => reactor.close(levelTriggered));
    levelTriggered.flow = 2;
    writeSync(writeEnd, 'x');
    for (let others = 0; others < 400; others += 1) watchPipe(reactor, new Probe())();
    reactor.look();
    expect(levelTriggered.notified).toBe(1);
  });

  it('does not notify a socket that was closed while its event waited, nor the next one in its seat', () => {
    const reactor = openReactor();
    const probes = Array.from({ length: 400 }, () => new Probe());
    const incoming = new Probe();
    onTestFinished(() => reactor.close(incoming));
    const spare = openPipe();
    for (const probe of probes) {
      const makeReadable = watchPipe(reactor, probe);
      probe.onReady = () => {
        for (const other of probes) if (other !== probe) reactor.close(other);
        expect(reactor.add(incoming, spare.readEnd, EPOLLIN | EPOLLET)).toBe(0);
      };
      makeReadable();
    }
    while (reactor.look() === 'more');
    expect(probes.reduce((sum, { notified }) => sum + notified, 0)).toBe(1);
    expect(incoming.notified).toBe(0);
  });

  it('looks at a slice of events at a time, and returns whether there may be more', () => {
    const reactor = openReactor();
    const probes = Array.from({ length: 600 }, () => new Probe());
    for (const probe of probes) watchPipe(reactor, probe)();
    let looks = 1;
    while (reactor.look() === 'more') looks += 1;
    expect(looks).toBeGreaterThan(1);
    expect(probes.every(({ notified }) => notified === 1)).toBe(true);
  });

  it('returns why it does not watch, and leaves the descriptor to its owner', () => {
    const reactor = openReactor();
    const probe = new Probe();
    expect(reactor.add(probe, 1_000_000, EPOLLIN)).toBe(-9);
    expect(probe.fd).toBe(-1);
    const { readEnd } = openPipe();
    expect(reactor.add(probe, readEnd, EPOLLIN)).toBe(0);
    expect(reactor.add(new Probe(), readEnd, EPOLLIN)).toBe(-17);
    reactor.close(probe);
  });

  it('closes a socket once, however often it is called', () => {
    const reactor = openReactor();
    const probe = new Probe();
    watchPipe(reactor, probe);
    const { fd } = probe;
    const other = openPipe();
    reactor.close(probe);
    const taken = libc.fcntl(other.readEnd, F_DUPFD, fd);
    expect(taken).toBe(fd);
    reactor.close(probe);
    // Still open: it was not closed a second time.
    expect(libc.close(taken)).toBe(0);
    expect(libc.close(other.readEnd)).toBe(0);
  });

  it('leaves no descriptor, and may be shut down twice', () => {
    const before = openSockets();
    const reactors = Array.from({ length: 50 }, () => new Reactor(libc, chooseLoop(libc)));
    expect(openSockets()).toBeGreaterThanOrEqual(before + 50);
    for (const reactor of reactors) reactor.shutDown();
    const other = openPipe();
    for (const reactor of reactors) reactor.shutDown();
    expect(libc.close(other.readEnd)).toBe(0);
    expect(openSockets()).toBe(before + 1);
  });

  it('leaves no descriptor where the loop cannot watch it', () => {
    const before = openSockets();
    const driveByWatching = (): never => {
      throw new Error('no');
    };
    expect(() => new Reactor(libc, watchedLoop({ ...libc, driveByWatching }))).toThrow('no');
    expect(() => new Reactor({ ...libc, epollCreate1: () => -24 }, watchedLoop(libc))).toThrow('epoll_create1 EMFILE');
    expect(openSockets()).toBe(before);
  });
});
