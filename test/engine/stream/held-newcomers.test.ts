import { createConnection } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { errnoOf } from '../../../src/base/errors.ts';
import type { Leg } from '../../../src/engine/engine.ts';
import { HeldNewcomers } from '../../../src/engine/stream/held-newcomers.ts';
import type { Newcomer } from '../../../src/engine/stream/node-internals.ts';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { connectPeer, type Peer, until } from '../../contract/peer.ts';

/** A door whose newcomers are a crowd from the second on, while `crowd.is` says so. */
async function openDoor(places = 100) {
  const engine = new StreamEngine({ waitingRoom: 2 });
  const crowd: { is: boolean; reserved: number; most: number } = { is: true, reserved: 0, most: 0 };
  const admitted: (number | undefined)[] = [];
  const counts = { turnedAway: 0, strangers: 0 };
  let stranger = false;
  const hasRoom = (): boolean => admitted.length + crowd.reserved < places;
  const listening = await engine.listen(
    { address: '127.0.0.1', port: 0, dualStack: false },
    {
      hasRoom,
      crowded: () => crowd.is && admitted.length > 0,
      reserve: () => {
        if (!hasRoom()) return false;
        crowd.reserved += 1;
        crowd.most = Math.max(crowd.most, crowd.reserved);
        return true;
      },
      release: () => {
        crowd.reserved -= 1;
      },
      mayWait: ({ ip }) => {
        // 0: it was reset before anybody looked.
        expect([0, 0x7f00_0001]).toContain(ip);
        if (stranger) counts.strangers += 1;
        return !stranger;
      },
      onTurnedAway: () => {
        counts.turnedAway += 1;
      },
      onClient: (leg: Leg) => {
        admitted.push(leg.remote.port);
        onTestFinished(() => engine.close(leg, 'rst'));
      },
    },
  );
  if (!listening.ok) throw listening.error;
  onTestFinished(() => {
    listening.door.close();
    engine.shutDown();
  });
  const connect = (): Promise<Peer> => connectPeer(listening.door.local.port);
  /** It may be reset before it hears that it is connected. */
  const endOfNext = (): Promise<string | undefined> =>
    new Promise((resolve) => {
      const socket = createConnection({ host: '127.0.0.1', port: listening.door.local.port });
      socket.once('error', (error) => resolve(errnoOf(error)));
      socket.once('end', () => resolve('end'));
      socket.resume();
    });
  const beStranger = (): void => {
    stranger = true;
  };
  return { engine, door: listening.door, crowd, admitted, counts, connect, endOfNext, beStranger };
}

const ports = (...peers: Peer[]): (number | undefined)[] => peers.map(({ socket }) => socket.localPort);

it('keeps a crowd back, and lets all in by and by, in order, each with a place of its own', async () => {
  const { engine, crowd, admitted, connect } = await openDoor();
  const clients = [];
  for (let count = 0; count < 50; count += 1) clients.push(await connect());
  await until(() => admitted.length === 50, 'all to be let in');
  expect(admitted).toEqual(ports(...clients));
  expect(crowd.most).toBeGreaterThan(0);
  expect([crowd.reserved, engine.waiting]).toEqual([0, 0]);
});

it('lets a crowd in at once that is none any more', async () => {
  const { crowd, admitted, connect } = await openDoor();
  await connect();
  await until(() => admitted.length === 1, 'the first');
  const rest = Promise.all(Array.from({ length: 40 }, connect));
  await until(() => crowd.reserved > 0, 'somebody to be kept back');
  crowd.is = false;
  await rest;
  await until(() => admitted.length === 41, 'all to be let in');
  expect(crowd.reserved).toBe(0);
});

it('drops who has gone while it was kept back', async () => {
  const { crowd, admitted, connect } = await openDoor();
  await connect();
  await until(() => admitted.length === 1, 'the first');
  const crowdOf = await Promise.all(Array.from({ length: 30 }, connect));
  const gone = crowdOf.slice(0, 25);
  for (const { socket } of gone) socket.resetAndDestroy();
  const last = await connect();
  await until(() => admitted.includes(last.socket.localPort), 'the last one');
  expect(admitted.length).toBeLessThan(32);
  expect(crowd.reserved).toBe(0);
});

it('resets who is kept back when the door closes', async () => {
  const { engine, door, crowd, admitted, connect } = await openDoor();
  await connect();
  await until(() => admitted.length === 1, 'the first');
  const crowdOf = await Promise.all(Array.from({ length: 60 }, connect));
  await until(() => admitted.length + crowd.reserved === 61, 'all to be accepted');
  door.close();
  expect([crowd.reserved, engine.waiting]).toEqual([0, 0]);
  const letIn = new Set(admitted);
  for (const peer of crowdOf) if (!letIn.has(peer.socket.localPort)) expect(await peer.ending).toBe('reset');
});

it('lets nobody in who waits at a door that closes, though those who were kept back leave their places', async () => {
  const { engine, door, crowd, admitted, connect } = await openDoor(40);
  await connect();
  await until(() => admitted.length === 1, 'the first');
  const crowdOf = Promise.allSettled(Array.from({ length: 60 }, connect));
  await until(() => engine.waiting > crowd.reserved, 'the waiting room to be used');
  const before = admitted.length;
  door.close();
  expect([admitted.length, engine.waiting]).toEqual([before, 0]);
  await crowdOf;
});

it('turns away who finds neither a session nor a place to wait, and counts no stranger so', async () => {
  const { engine, counts, connect, endOfNext, beStranger } = await openDoor(1);
  await connect();
  const waiting = [await connect(), await connect()];
  await until(() => engine.waiting === waiting.length, 'the waiting room to be full');
  expect(await endOfNext()).toBe('ECONNRESET');
  expect(counts).toEqual({ turnedAway: 1, strangers: 0 });
  beStranger();
  expect(await endOfNext()).toBe('ECONNRESET');
  expect(counts).toEqual({ turnedAway: 1, strangers: 1 });
});

it('says so when who was kept back has gone, as somebody else may wait for his place', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const free = { places: 0, seen: [] as number[] };
  const held = new HeldNewcomers(() => free.seen.push(free.places));
  onTestFinished(() => held.close());
  const leave = (): 'gone' => {
    free.places += 1;
    return 'gone';
  };
  const door = { lane: 1, crowded: true, admitHeld: leave, dropHeld: leave };
  for (let count = 0; count < 3; count += 1) held.add({} as Newcomer, door);
  vi.runAllTimers();
  expect(free.seen).toEqual([3]);
  held.add({} as Newcomer, door);
  held.drop(door);
  expect(free.seen).toEqual([3, 4]);
});

it('keeps no place for a stranger', async () => {
  const { crowd, admitted, counts, connect, endOfNext, beStranger } = await openDoor();
  await connect();
  await until(() => admitted.length === 1, 'the first');
  beStranger();
  expect(await endOfNext()).toBe('ECONNRESET');
  expect([admitted.length, crowd.most, counts]).toEqual([1, 0, { turnedAway: 0, strangers: 1 }]);
});
