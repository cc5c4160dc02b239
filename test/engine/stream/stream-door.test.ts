import { createConnection } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { errnoOf } from '../../../src/base/errors.ts';
import type { Door, Leg } from '../../../src/engine/engine.ts';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { descriptors } from '../../contract/engine-under-test.ts';
import { connectPeer, digestOf, Peer, TargetServer, until } from '../../contract/peer.ts';
import { longTimeouts } from '../../contract/rig.ts';
import { useFakeClock } from '../fake-clock.ts';

/** A door with its figures, which the test sets. */
interface OpenDoor {
  readonly door: Door;
  /** Who has come in. */
  readonly legs: Leg[];
  readonly is: { places: number; crowded: boolean; strange: boolean };
  readonly counts: { turnedAway: number; strangers: number };
  connect(): Promise<Peer>;
  connectAll(count: number): Promise<Peer[]>;
  /** Local ports of those who have come in, in order. */
  ports(): (number | undefined)[];
}

function openEngine(waitingRoom = 4): StreamEngine {
  const engine = new StreamEngine({ waitingRoom });
  onTestFinished(() => engine.shutDown());
  return engine;
}

async function openDoor(engine: StreamEngine, places: number): Promise<OpenDoor> {
  const legs: Leg[] = [];
  const is = { places, crowded: false, strange: false };
  const counts = { turnedAway: 0, strangers: 0 };
  const listening = await engine.listen(
    { address: '127.0.0.1', port: 0, dualStack: false },
    {
      hasRoom: () => legs.length < is.places,
      crowded: () => is.crowded && legs.length > 0,
      mayWait: ({ ip }) => {
        expect(ip).toBe(0x7f00_0001);
        if (is.strange) counts.strangers += 1;
        return !is.strange;
      },
      onTurnedAway: () => {
        counts.turnedAway += 1;
      },
      onClient: (leg) => {
        legs.push(leg);
        onTestFinished(() => engine.close(leg, 'rst'));
      },
    },
  );
  if (!listening.ok) throw listening.error;
  const { door } = listening;
  onTestFinished(() => door.close());
  const connect = (): Promise<Peer> => connectPeer(door.local.port);
  return {
    door,
    legs,
    is,
    counts,
    connect,
    async connectAll(count) {
      const peers: Peer[] = [];
      // One after the other: their order is that of the kernel's queue.
      for (let index = 0; index < count; index += 1) peers.push(await connect());
      return peers;
    },
    ports: () => legs.map(({ remote }) => remote.port),
  };
}

const portsOf = (peers: readonly Peer[]): (number | undefined)[] => peers.map(({ socket }) => socket.localPort);

/** Lets the loop turn so often that whoever can be accepted has been. */
async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** How one more client ends that may be reset before it hears that it is connected. */
function endOfNext({ door }: OpenDoor): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port: door.local.port });
    socket.once('error', (error) => resolve(errnoOf(error)));
    socket.once('end', () => resolve('end'));
    socket.resume();
  });
}

it('accepts one at the limit, leaves those behind it in the queue, and lets all in, in order, when there is room', async () => {
  const engine = openEngine();
  const door = await openDoor(engine, 0);
  const before = descriptors();
  const peers = await door.connectAll(30);
  await turns();
  expect(engine.waiting).toBe(1);
  // A descriptor for each client, and one for who waits in the room.
  expect(descriptors() - before).toBe(peers.length + 1);
  door.is.places = 10;
  engine.admitWaiting();
  await until(() => door.legs.length === 10 && engine.waiting === 1, 'some to be let in');
  await turns();
  expect([door.legs.length, engine.waiting]).toEqual([10, 1]);
  door.is.places = 30;
  engine.admitWaiting();
  await until(() => door.legs.length === 30, 'all to be let in');
  expect(door.ports()).toEqual(portsOf(peers));
  expect(door.counts.turnedAway).toBe(0);
});

it('drops who has left the queue by a reset, or by a FIN without a word, before it is anybody', async () => {
  const engine = openEngine();
  const door = await openDoor(engine, 0);
  const [first, resets, finishes, asks, stays] = await door.connectAll(5);
  if (!(first && resets && finishes && asks && stays)) throw new Error('not all are connected');
  resets.reset();
  finishes.finish();
  await asks.send('a question');
  asks.finish();
  door.is.places = 10;
  engine.admitWaiting();
  await until(() => door.legs.length === 3, 'those who are there to be let in');
  expect(door.ports()).toEqual(portsOf([first, asks, stays]));
  expect(await finishes.ending).toBe('reset');
});

it('delivers all that was sent in the queue, to the last byte', async () => {
  const engine = openEngine();
  const door = await openDoor(engine, 0);
  const target = await TargetServer.open();
  const [, asks] = await door.connectAll(2);
  const words = Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * 7) % 251));
  await asks?.send(words);
  asks?.finish();
  door.is.places = 2;
  engine.admitWaiting();
  await until(() => door.legs.length === 2, 'both to be let in');
  const dialed = await engine.dial({ address: '127.0.0.1', port: target.port }, { timeout: 5_000 }).done;
  const leg = door.legs[1];
  if (!dialed.ok || leg === undefined) throw new Error('there is no session');
  const relay = engine.relay(leg, dialed.leg, longTimeouts);
  const peer = await target.peers.next();
  await peer.has(words.length);
  expect(await peer.ending).toBe('end');
  expect([peer.digest(), relay.bytesToTarget]).toEqual([digestOf(words), words.length]);
  peer.finish();
  expect(await relay.done).toBe('client closed');
});

it('opens again when the one who waits leaves', async () => {
  const engine = openEngine();
  const door = await openDoor(engine, 0);
  const [first, second] = await door.connectAll(2);
  if (!(first && second)) throw new Error('not both are connected');
  await until(() => engine.waiting === 1, 'the first to wait');
  first.reset();
  await first.closed;
  await turns();
  expect([engine.waiting, door.legs.length]).toEqual([1, 0]);
  door.is.places = 1;
  engine.admitWaiting();
  expect(door.ports()).toEqual(portsOf([second]));
});

it('takes a half-close for one where nobody queues any more', async () => {
  const engine = openEngine();
  const door = await openDoor(engine, 0);
  const waits = await door.connect();
  await until(() => engine.waiting === 1, 'it to wait');
  door.is.places = 10;
  engine.admitWaiting();
  expect(door.ports()).toEqual(portsOf([waits]));
  await turns();
  const listens = await new Promise<Peer>((resolve) => {
    // The FIN is there before it is accepted.
    const peer = new Peer(createConnection({ host: '127.0.0.1', port: door.door.local.port, allowHalfOpen: true }));
    peer.finish();
    peer.socket.once('connect', () => resolve(peer));
  });
  await until(() => door.legs.length === 2, 'it to be let in');
  expect(door.ports()).toEqual(portsOf([waits, listens]));
});

it('resets all who wait when it closes, in the room and in the queue', async () => {
  const engine = openEngine();
  const door = await openDoor(engine, 0);
  const waiting = await door.connectAll(3);
  await turns();
  door.door.close();
  door.door.close();
  for (const peer of waiting) expect(await peer.ending).toBe('reset');
  expect([engine.waiting, door.legs.length]).toEqual([0, 0]);
});

it('turns a stranger away at the limit, and is not shut by it', async () => {
  const engine = openEngine();
  const door = await openDoor(engine, 0);
  door.is.strange = true;
  expect(await endOfNext(door)).toBe('ECONNRESET');
  expect(await endOfNext(door)).toBe('ECONNRESET');
  expect(door.counts).toEqual({ turnedAway: 0, strangers: 2 });
  door.is.strange = false;
  await door.connect();
  await until(() => engine.waiting === 1, 'one who may wait');
});

it('turns away who finds no place because those of other doors have them all', async () => {
  const engine = openEngine(1);
  const [one, other] = [await openDoor(engine, 0), await openDoor(engine, 0)];
  await one.connect();
  await until(() => engine.waiting === 1, 'the room to be full');
  expect(await endOfNext(other)).toBe('ECONNRESET');
  expect([one.counts.turnedAway, other.counts.turnedAway]).toEqual([0, 1]);
});

describe('a crowd', () => {
  useFakeClock('setTimeout', 'clearTimeout');

  /** A piece of it may come in, and does. */
  async function piece(): Promise<void> {
    vi.advanceTimersByTime(4);
    await turns(60);
  }

  it('waits in the queue and comes in by and by, in order, while others come in at once', async () => {
    const engine = openEngine();
    const [door, calm] = [await openDoor(engine, 1_000), await openDoor(engine, 1_000)];
    door.is.crowded = true;
    const peers = await door.connectAll(20);
    await turns();
    // The first is no crowd yet, the second shuts the door.
    expect([door.legs.length, engine.waiting]).toEqual([2, 0]);
    await calm.connect();
    await turns();
    expect([door.legs.length, calm.legs.length]).toEqual([2, 1]);
    for (const letIn of [4, 6, 8]) {
      await piece();
      expect(door.legs.length).toBe(letIn);
    }
    while (door.legs.length < 20) await piece();
    expect(door.ports()).toEqual(portsOf(peers));
  });

  it('comes in at once where it is none any more', async () => {
    const engine = openEngine();
    const door = await openDoor(engine, 1_000);
    door.is.crowded = true;
    await door.connectAll(40);
    await turns();
    expect(door.legs.length).toBe(2);
    door.is.crowded = false;
    await piece();
    expect(door.legs.length).toBe(40);
    await door.connect();
    await turns();
    expect(door.legs.length).toBe(41);
  });

  it('of those who have gone is dropped, and faster', async () => {
    const engine = openEngine();
    const door = await openDoor(engine, 1_000);
    door.is.crowded = true;
    const peers = await door.connectAll(20);
    await turns();
    for (const peer of peers.slice(2, 9)) peer.reset();
    await piece();
    // Seven have cost as much as one and three quarters.
    expect(door.ports()).toEqual(portsOf([...peers.slice(0, 2), ...peers.slice(9, 10)]));
  });

  it('is let in no further than there is room', async () => {
    const engine = openEngine();
    const door = await openDoor(engine, 5);
    door.is.crowded = true;
    await door.connectAll(10);
    for (let count = 0; count < 5; count += 1) await piece();
    expect([door.legs.length, engine.waiting]).toEqual([5, 1]);
    door.is.places = 10;
    engine.admitWaiting();
    for (let count = 0; count < 5; count += 1) await piece();
    expect([door.legs.length, engine.waiting]).toEqual([10, 0]);
  });

  it('is reset when the door closes', async () => {
    const engine = openEngine();
    const door = await openDoor(engine, 1_000);
    door.is.crowded = true;
    const peers = await door.connectAll(10);
    await turns();
    door.door.close();
    await piece();
    expect(door.legs.length).toBe(2);
    for (const peer of peers.slice(2)) expect(await peer.ending).toBe('reset');
  });
});
