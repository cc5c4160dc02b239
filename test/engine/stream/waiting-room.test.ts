import { expect, it, onTestFinished, vi } from 'vitest';
import type { Door, Leg } from '../../../src/engine/engine.ts';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { StreamLeg } from '../../../src/engine/stream/stream-leg.ts';
import { WaitingRoom } from '../../../src/engine/stream/waiting-room.ts';
import { connectPeer, type Peer, until } from '../../contract/peer.ts';

/** Doors of one engine, each of which is full until its room is set; they cannot be shut, so that all their clients wait in the room. */
class Doors {
  readonly engine: StreamEngine;
  /** Local ports of the clients let in, in order. */
  readonly admitted: (number | undefined)[] = [];
  turnedAway = 0;

  constructor(waitingRoom: number) {
    this.engine = new StreamEngine({ waitingRoom, taps: 'none' });
  }

  async open(): Promise<{ door: Door; room: { left: number } }> {
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
    const listening = await this.engine.listen(at, { hasRoom: () => room.left > 0, onTurnedAway, onClient });
    if (!listening.ok) throw listening.error;
    onTestFinished(() => listening.door.close());
    return { door: listening.door, room };
  }

  async wait({ door }: { door: Door }): Promise<Peer> {
    const before = this.engine.waiting;
    const peer = await connectPeer(door.local.port);
    await until(() => this.engine.waiting === before + 1, 'the client to wait');
    return peer;
  }
}

const ports = (...peers: Peer[]): (number | undefined)[] => peers.map(({ socket }) => socket.localPort);

it('lets in who has waited longest, whichever door that is', async () => {
  const doors = new Doors(8);
  const [one, other] = [await doors.open(), await doors.open()];
  const queue = [await doors.wait(other), await doors.wait(one), await doors.wait(other), await doors.wait(one)];
  one.room.left = 2;
  other.room.left = 2;
  doors.engine.admitWaiting();
  expect(doors.admitted).toEqual(ports(...queue));
  expect(doors.engine.waiting).toBe(0);
});

it('passes over a door that is full for itself', async () => {
  const doors = new Doors(8);
  const [full, free] = [await doors.open(), await doors.open()];
  const [stuck, next] = [await doors.wait(full), await doors.wait(free)];
  free.room.left = 5;
  doors.engine.admitWaiting();
  expect(doors.admitted).toEqual(ports(next));
  full.room.left = 1;
  doors.engine.admitWaiting();
  expect(doors.admitted).toEqual(ports(next, stuck));
});

it('lets in no more than there is room for', async () => {
  const doors = new Doors(8);
  const door = await doors.open();
  const first = await doors.wait(door);
  await doors.wait(door);
  door.room.left = 1;
  doors.engine.admitWaiting();
  doors.engine.admitWaiting();
  expect(doors.admitted).toEqual(ports(first));
  expect(doors.engine.waiting).toBe(1);
});

it('lets nobody overtake who waits at the same door, even if there is room by now', async () => {
  const doors = new Doors(8);
  const door = await doors.open();
  const first = await doors.wait(door);
  door.room.left = 2;
  const second = await doors.wait(door);
  expect(doors.admitted).toEqual([]);
  doors.engine.admitWaiting();
  expect(doors.admitted).toEqual(ports(first, second));
});

it('shares its capacity among the doors', async () => {
  const doors = new Doors(2);
  const [one, other] = [await doors.open(), await doors.open()];
  await doors.wait(one);
  const leaves = await doors.wait(other);
  const beyond = connectPeer(one.door.local.port).then(
    (peer) => peer.ending,
    () => 'reset',
  );
  expect(await beyond).toBe('reset');
  leaves.reset();
  await until(() => doors.engine.waiting === 1, 'the one who left to be dropped');
  await doors.wait(one);
  expect(doors.engine.waiting).toBe(2);
});

it('takes the place of the last of the longest queue, where all are taken, for a door that has fewer', async () => {
  const doors = new Doors(3);
  const [flooded, one, other] = [await doors.open(), await doors.open(), await doors.open()];
  const [first, second, last] = [await doors.wait(flooded), await doors.wait(flooded), await doors.wait(flooded)];
  const calm = await connectPeer(one.door.local.port);
  expect(await last.ending).toBe('reset');
  // One each is fair: of a door with two, one gives way, of one with one nobody.
  const alsoCalm = await connectPeer(other.door.local.port);
  expect(await second.ending).toBe('reset');
  const beyond = connectPeer(other.door.local.port).then(
    (peer) => peer.ending,
    () => 'reset',
  );
  expect(await beyond).toBe('reset');
  expect([doors.engine.waiting, doors.turnedAway]).toEqual([3, 3]);
  for (const { room } of [flooded, one, other]) room.left = 1;
  doors.engine.admitWaiting();
  expect(doors.admitted).toEqual(ports(first, calm, alsoCalm));
});

it('resets only those who wait for the door that closes', async () => {
  const doors = new Doors(8);
  const [closes, stays] = [await doors.open(), await doors.open()];
  const [turnedAway, alsoTurnedAway, waits] = [
    await doors.wait(closes),
    await doors.wait(closes),
    await doors.wait(stays),
  ];
  closes.door.close();
  expect(await Promise.all([turnedAway.ending, alsoTurnedAway.ending])).toEqual(['reset', 'reset']);
  expect(doors.engine.waiting).toBe(1);
  stays.room.left = 1;
  doors.engine.admitWaiting();
  expect(doors.admitted).toEqual(ports(waits));
});

it('keeps who has said something and finished: the words are a question, the FIN a half-close', async () => {
  const doors = new Doors(8);
  const door = await doors.open();
  const asks = await doors.wait(door);
  await asks.send('question');
  asks.finish();
  const leaves = await doors.wait(door);
  leaves.finish();
  expect(await leaves.ending).toBe('reset');
  door.room.left = 2;
  doors.engine.admitWaiting();
  expect(doors.admitted).toEqual(ports(asks));
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
  const listening = await engine.listen(at, { hasRoom: () => room.open, onClient });
  if (!listening.ok) throw listening.error;
  onTestFinished(() => listening.door.close());
  for (let client = 0; client < 5; client += 1) await connectPeer(listening.door.local.port);
  await until(() => engine.waiting === 5, 'all to wait');
  room.open = true;
  engine.admitWaiting();
  expect(room).toMatchObject({ admitted: 5, deepest: 1 });
  expect(engine.waiting).toBe(0);
});

it('goes on with those who wait after a bug with one of them', async () => {
  const doors = new Doors(8);
  const door = await doors.open();
  const [faulty, next] = [await doors.wait(door), await doors.wait(door)];
  door.room.left = 2;
  // The first question that letting one in asks.
  const wasReset = vi.spyOn(StreamLeg.prototype, 'wasReset').mockImplementationOnce(() => {
    throw new Error('a bug');
  });
  doors.engine.admitWaiting();
  wasReset.mockRestore();
  expect(doors.admitted).toEqual(ports(next));
  expect(doors.engine.waiting).toBe(0);
  expect(await faulty.ending).toBe('reset');
});

it('takes a crowd in steps, between which the rest of the loop has its turn', async () => {
  const doors = new Doors(200);
  const one = await doors.open();
  const crowd = await Promise.all(Array.from({ length: 100 }, () => connectPeer(one.door.local.port)));
  await until(() => doors.engine.waiting === 100, 'all of them to wait');
  const steps: number[] = [];
  const count = (): void => {
    steps.push(doors.admitted.length);
    if (doors.engine.waiting > 0) setImmediate(count);
  };
  one.room.left = 1000;
  doors.engine.admitWaiting();
  count();
  await until(() => doors.engine.waiting === 0, 'all of them to be let in');
  expect(doors.admitted).toEqual(ports(...crowd));
  const largest = Math.max(...steps.map((admitted, step) => admitted - (steps[step - 1] ?? 0)));
  expect(largest).toBeLessThanOrEqual(16);
});

it('lets in a crowd for whom there are more sessions than places to wait', async () => {
  const doors = new Doors(4);
  const one = await doors.open();
  one.room.left = 1000;
  const crowd = await Promise.all(Array.from({ length: 100 }, () => connectPeer(one.door.local.port)));
  await until(() => doors.admitted.length === 100, 'all of them to be let in');
  expect(crowd.every(({ socket }) => !socket.destroyed)).toBe(true);
});

it('takes no place from anybody for a client that could be a session', () => {
  const lost: string[] = [];
  const room = new WaitingRoom(2);
  const door = (name: string, places: 'free' | 'none') => ({
    hasRoom: () => places === 'free',
    enter: () => {},
    lostPlace: () => lost.push(name),
    nobodyWaits: () => {},
  });
  const leg = () => ({ reset: () => {}, onGone: null, onLeft: null }) as unknown as StreamLeg;
  const [full, other, atTheLimit] = [door('full', 'free'), door('other', 'free'), door('at the limit', 'none')];
  expect([room.add(leg(), full), room.add(leg(), full)]).toEqual([true, true]);
  expect([room.add(leg(), other), lost]).toEqual([false, []]);
  expect([room.add(leg(), atTheLimit), lost]).toEqual([true, ['full']]);
});
