import { expect, it, onTestFinished, vi } from 'vitest';
import type { Acceptor, Leg } from '../../../src/engine/engine.ts';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { StreamLeg } from '../../../src/engine/stream/stream-leg.ts';
import { WaitingRoom } from '../../../src/engine/stream/waiting-room.ts';
import { connectPeer, type Peer, until } from '../../contract/peer.ts';

/** Acceptors of one engine, each of which is full until its room is set; they cannot be shut, so that all their clients wait in the room. */
class Acceptors {
  readonly engine: StreamEngine;
  /** Local ports of the clients let in, in order. */
  readonly admitted: (number | undefined)[] = [];
  turnedAway = 0;

  constructor(waitingRoom: number) {
    this.engine = new StreamEngine({ waitingRoom, taps: 'none' });
  }

  async open(): Promise<{ acceptor: Acceptor; room: { left: number } }> {
    const room = { left: 0 };
    const onClient = (leg: Leg): void => {
      room.left -= 1;
      this.admitted.push(leg.remote.port);
      onTestFinished(() => this.engine.close(leg, 'rst'));
    };
    const at = { address: '127.0.0.1', port: 0, dualStack: false };
    const onTurnedAway = (): void => {
      this.turnedAway += 1;
    };
    const listening = await this.engine.listen(at, {
      room: () => (room.left > 0 ? 'free' : 'none'),
      onTurnedAway,
      onClient,
    });
    if (!listening.ok) throw listening.error;
    onTestFinished(() => listening.acceptor.close());
    return { acceptor: listening.acceptor, room };
  }

  async wait({ acceptor }: { acceptor: Acceptor }): Promise<Peer> {
    const before = this.engine.waiting;
    const peer = await connectPeer(acceptor.local.port);
    await until(() => this.engine.waiting === before + 1, 'the client to wait');
    return peer;
  }
}

const ports = (...peers: Peer[]): (number | undefined)[] => peers.map(({ socket }) => socket.localPort);

it('lets in who has waited longest, whichever acceptor that is', async () => {
  const acceptors = new Acceptors(8);
  const [one, other] = [await acceptors.open(), await acceptors.open()];
  const queue = [
    await acceptors.wait(other),
    await acceptors.wait(one),
    await acceptors.wait(other),
    await acceptors.wait(one),
  ];
  one.room.left = 2;
  other.room.left = 2;
  acceptors.engine.admitWaiting();
  expect(acceptors.admitted).toEqual(ports(...queue));
  expect(acceptors.engine.waiting).toBe(0);
});

it('passes over an acceptor that is full for itself', async () => {
  const acceptors = new Acceptors(8);
  const [full, free] = [await acceptors.open(), await acceptors.open()];
  const [stuck, next] = [await acceptors.wait(full), await acceptors.wait(free)];
  free.room.left = 5;
  acceptors.engine.admitWaiting();
  expect(acceptors.admitted).toEqual(ports(next));
  full.room.left = 1;
  acceptors.engine.admitWaiting();
  expect(acceptors.admitted).toEqual(ports(next, stuck));
});

it('lets in no more than there is room for', async () => {
  const acceptors = new Acceptors(8);
  const acceptor = await acceptors.open();
  const first = await acceptors.wait(acceptor);
  await acceptors.wait(acceptor);
  acceptor.room.left = 1;
  acceptors.engine.admitWaiting();
  acceptors.engine.admitWaiting();
  expect(acceptors.admitted).toEqual(ports(first));
  expect(acceptors.engine.waiting).toBe(1);
});

it('lets nobody overtake who waits at the same acceptor, even if there is room by now', async () => {
  const acceptors = new Acceptors(8);
  const acceptor = await acceptors.open();
  const first = await acceptors.wait(acceptor);
  acceptor.room.left = 2;
  const second = await acceptors.wait(acceptor);
  expect(acceptors.admitted).toEqual([]);
  acceptors.engine.admitWaiting();
  expect(acceptors.admitted).toEqual(ports(first, second));
});

it('shares its capacity among the acceptors', async () => {
  const acceptors = new Acceptors(2);
  const [one, other] = [await acceptors.open(), await acceptors.open()];
  await acceptors.wait(one);
  const leaves = await acceptors.wait(other);
  const beyond = connectPeer(one.acceptor.local.port).then(
    (peer) => peer.ending,
    () => 'reset',
  );
  expect(await beyond).toBe('reset');
  leaves.reset();
  await until(() => acceptors.engine.waiting === 1, 'the one who left to be dropped');
  await acceptors.wait(one);
  expect(acceptors.engine.waiting).toBe(2);
});

it('takes the place of the last of the longest queue, where all are taken, for an acceptor that has fewer', async () => {
  const acceptors = new Acceptors(3);
  const [flooded, one, other] = [await acceptors.open(), await acceptors.open(), await acceptors.open()];
  const [first, second, last] = [
    await acceptors.wait(flooded),
    await acceptors.wait(flooded),
    await acceptors.wait(flooded),
  ];
  const calm = await connectPeer(one.acceptor.local.port);
  expect(await last.ending).toBe('reset');
  // One each is fair: of an acceptor with two, one gives way, of one with one nobody.
  const alsoCalm = await connectPeer(other.acceptor.local.port);
  expect(await second.ending).toBe('reset');
  const beyond = connectPeer(other.acceptor.local.port).then(
    (peer) => peer.ending,
    () => 'reset',
  );
  expect(await beyond).toBe('reset');
  expect([acceptors.engine.waiting, acceptors.turnedAway]).toEqual([3, 3]);
  for (const { room } of [flooded, one, other]) room.left = 1;
  acceptors.engine.admitWaiting();
  expect(acceptors.admitted).toEqual(ports(first, calm, alsoCalm));
});

it('resets only those who wait for the acceptor that closes', async () => {
  const acceptors = new Acceptors(8);
  const [closes, stays] = [await acceptors.open(), await acceptors.open()];
  const [turnedAway, alsoTurnedAway, waits] = [
    await acceptors.wait(closes),
    await acceptors.wait(closes),
    await acceptors.wait(stays),
  ];
  closes.acceptor.close();
  expect(await Promise.all([turnedAway.ending, alsoTurnedAway.ending])).toEqual(['reset', 'reset']);
  expect(acceptors.engine.waiting).toBe(1);
  stays.room.left = 1;
  acceptors.engine.admitWaiting();
  expect(acceptors.admitted).toEqual(ports(waits));
});

it('keeps who has said something and finished: the words are a question, the FIN a half-close', async () => {
  const acceptors = new Acceptors(8);
  const acceptor = await acceptors.open();
  const asks = await acceptors.wait(acceptor);
  await asks.send('question');
  asks.finish();
  const leaves = await acceptors.wait(acceptor);
  leaves.finish();
  expect(await leaves.ending).toBe('reset');
  acceptor.room.left = 2;
  acceptors.engine.admitWaiting();
  expect(acceptors.admitted).toEqual(ports(asks));
});

it('lets all in from one call, where each of them ends at once and asks for the next', async () => {
  const engine = new StreamEngine({ waitingRoom: 8, taps: 'none' });
  const room = { open: false, calls: 0, deepest: 0, admitted: 0 };
  const onClient = (leg: Leg): void => {
    room.calls += 1;
    room.admitted += 1;
    room.deepest = Math.max(room.deepest, room.calls);
    engine.close(leg, 'rst');
    engine.admitWaiting();
    room.calls -= 1;
  };
  const at = { address: '127.0.0.1', port: 0, dualStack: false };
  const listening = await engine.listen(at, { room: () => (room.open ? 'free' : 'none'), onClient });
  if (!listening.ok) throw listening.error;
  onTestFinished(() => listening.acceptor.close());
  for (let client = 0; client < 5; client += 1) await connectPeer(listening.acceptor.local.port);
  await until(() => engine.waiting === 5, 'all to wait');
  room.open = true;
  engine.admitWaiting();
  expect(room).toMatchObject({ admitted: 5, deepest: 1 });
  expect(engine.waiting).toBe(0);
});

it('goes on with those who wait after a bug with one of them', async () => {
  const acceptors = new Acceptors(8);
  const acceptor = await acceptors.open();
  const [faulty, next] = [await acceptors.wait(acceptor), await acceptors.wait(acceptor)];
  acceptor.room.left = 2;
  // The first question that letting one in asks.
  const wasReset = vi.spyOn(StreamLeg.prototype, 'wasReset').mockImplementationOnce(() => {
    throw new Error('a bug');
  });
  acceptors.engine.admitWaiting();
  wasReset.mockRestore();
  expect(acceptors.admitted).toEqual(ports(next));
  expect(acceptors.engine.waiting).toBe(0);
  expect(await faulty.ending).toBe('reset');
});

it('takes a burst in steps, between which the rest of the loop has its turn', async () => {
  const acceptors = new Acceptors(200);
  const one = await acceptors.open();
  const burst = await Promise.all(Array.from({ length: 100 }, () => connectPeer(one.acceptor.local.port)));
  await until(() => acceptors.engine.waiting === 100, 'all of them to wait');
  const steps: number[] = [];
  const count = (): void => {
    steps.push(acceptors.admitted.length);
    if (acceptors.engine.waiting > 0) setImmediate(count);
  };
  one.room.left = 1000;
  acceptors.engine.admitWaiting();
  count();
  await until(() => acceptors.engine.waiting === 0, 'all of them to be let in');
  expect(acceptors.admitted).toEqual(ports(...burst));
  const largest = Math.max(...steps.map((admitted, step) => admitted - (steps[step - 1] ?? 0)));
  expect(largest).toBeLessThanOrEqual(16);
});

it('lets in a burst for whom there are more sessions than places to wait', async () => {
  const acceptors = new Acceptors(4);
  const one = await acceptors.open();
  one.room.left = 1000;
  const burst = await Promise.all(Array.from({ length: 100 }, () => connectPeer(one.acceptor.local.port)));
  await until(() => acceptors.admitted.length === 100, 'all of them to be let in');
  expect(burst.every(({ socket }) => !socket.destroyed)).toBe(true);
});

it('takes no place from anybody for a client that could be a session', () => {
  const lost: string[] = [];
  const room = new WaitingRoom(2);
  const acceptor = (name: string, places: 'free' | 'none') => ({
    hasRoom: () => places === 'free',
    enter: () => {},
    lostPlace: () => lost.push(name),
    nobodyWaits: () => {},
  });
  const leg = () => ({ reset: () => {}, onGone: null, onLeft: null }) as unknown as StreamLeg;
  const [full, other, atTheLimit] = [
    acceptor('full', 'free'),
    acceptor('other', 'free'),
    acceptor('at the limit', 'none'),
  ];
  expect([room.add(leg(), full), room.add(leg(), full)]).toEqual([true, true]);
  expect([room.add(leg(), other), lost]).toEqual([false, []]);
  expect([room.add(leg(), atTheLimit), lost]).toEqual([true, ['full']]);
});
