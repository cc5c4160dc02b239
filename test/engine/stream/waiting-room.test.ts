import { expect, it, onTestFinished, vi } from 'vitest';
import type { Leg } from '../../../src/engine/engine.ts';
import { StreamLeg } from '../../../src/engine/stream/stream-leg.ts';
import { descriptors } from '../../contract/engine-under-test.ts';
import { connectPeer, until } from '../../contract/peer.ts';
import { openAcceptor, openEngine, portsOf } from './open-acceptor.ts';

it('lets in the client that has waited longest, whichever listener that is', async () => {
  const engine = openEngine(8);
  const [one, other] = [await openAcceptor(engine, 0), await openAcceptor(engine, 0)];
  const order: (number | undefined)[] = [];
  for (const { legs } of [one, other]) {
    const push = legs.push.bind(legs);
    legs.push = (leg) => {
      order.push(leg.remote.port);
      return push(leg);
    };
  }
  const queue = [await other.wait(), await one.wait(), await other.wait(), await one.wait()];
  one.is.places = 2;
  other.is.places = 2;
  engine.admitWaiting();
  expect(order).toEqual(portsOf(queue));
  expect(engine.waiting).toBe(0);
});

it('skips clients of a listener without room', async () => {
  const engine = openEngine(8);
  const [full, free] = [await openAcceptor(engine, 0), await openAcceptor(engine, 0)];
  const [stuck, next] = [await full.wait(), await free.wait()];
  free.is.places = 5;
  engine.admitWaiting();
  expect([full.ports(), free.ports()]).toEqual([[], portsOf([next])]);
  full.is.places = 1;
  engine.admitWaiting();
  expect(full.ports()).toEqual(portsOf([stuck]));
});

it('lets in no more clients than there is room for', async () => {
  const engine = openEngine(8);
  const acceptor = await openAcceptor(engine, 0);
  const [first, second] = [await acceptor.wait(), await acceptor.wait()];
  acceptor.is.places = 1;
  engine.admitWaiting();
  engine.admitWaiting();
  expect([acceptor.ports(), engine.waiting]).toEqual([portsOf([first]), 1]);
  acceptor.is.places = 2;
  engine.admitWaiting();
  expect([acceptor.ports(), engine.waiting]).toEqual([portsOf([first, second]), 0]);
});

it('lets no new client overtake those that wait at the same listener, even if there is room', async () => {
  const engine = openEngine(8);
  const acceptor = await openAcceptor(engine, 0);
  const first = await acceptor.wait();
  acceptor.is.places = 2;
  const second = await acceptor.wait();
  expect(acceptor.ports()).toEqual([]);
  engine.admitWaiting();
  expect(acceptor.ports()).toEqual(portsOf([first, second]));
});

it('gives a single listener all places, and each of several half of them', async () => {
  const engine = openEngine(5);
  const flooded = await openAcceptor(engine, 0);
  for (let client = 0; client < 5; client += 1) await flooded.wait();
  expect(await flooded.endOfNext()).toBe('ECONNRESET');
  flooded.is.places = 5;
  engine.admitWaiting();
  expect([flooded.legs.length, engine.waiting]).toEqual([5, 0]);

  const [calm, late] = [await openAcceptor(engine, 0), await openAcceptor(engine, 0)];
  for (let client = 0; client < 3; client += 1) await flooded.wait();
  expect(await flooded.endOfNext()).toBe('ECONNRESET');
  const waits = [await calm.wait(), await calm.wait()];
  expect(await late.endOfNext()).toBe('ECONNRESET');
  expect([flooded, calm, late].map(({ counts }) => counts.turnedAway)).toEqual([2, 0, 1]);
  calm.is.places = 2;
  engine.admitWaiting();
  expect([calm.ports(), engine.waiting]).toEqual([portsOf(waits), 3]);
});

it('drops clients that reset, or finish without a byte; their places and descriptors are free', async () => {
  const engine = openEngine(3);
  const acceptor = await openAcceptor(engine, 0);
  const before = descriptors();
  const [resets, finishes, sendsAndResets] = [await acceptor.wait(), await acceptor.wait(), await acceptor.wait()];
  expect(await acceptor.endOfNext()).toBe('ECONNRESET');
  resets.reset();
  finishes.finish();
  await sendsAndResets.send('bytes');
  sendsAndResets.reset();
  await until(() => engine.waiting === 0, 'them to be dropped');
  expect(await finishes.ending).toBe('reset');
  await until(() => descriptors() <= before, 'their descriptors to be closed');
  const stays = [await acceptor.wait(), await acceptor.wait(), await acceptor.wait()];
  acceptor.is.places = 3;
  engine.admitWaiting();
  expect(acceptor.ports()).toEqual(portsOf(stays));
});

it('drops a client whose reset Node does not see, because its head is full', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 0);
  const leaves = await acceptor.wait();
  await leaves.send(Buffer.alloc(300_000));
  const stays = await acceptor.wait();
  leaves.reset();
  acceptor.is.places = 2;
  engine.admitWaiting();
  expect(acceptor.ports()).toEqual(portsOf([stays]));
});

it('keeps a client that has sent bytes and finished: that is a request and a half-close', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 0);
  const requests = await acceptor.wait();
  await requests.send('request');
  requests.finish();
  const leaves = await acceptor.wait();
  leaves.finish();
  expect(await leaves.ending).toBe('reset');
  acceptor.is.places = 2;
  engine.admitWaiting();
  expect(acceptor.ports()).toEqual(portsOf([requests]));
});

it('resets only the clients of the listener that closes', async () => {
  const engine = openEngine(8);
  const [closes, stays] = [await openAcceptor(engine, 0), await openAcceptor(engine, 0)];
  const [first, waits, second] = [await closes.wait(), await stays.wait(), await closes.wait()];
  closes.acceptor.close();
  closes.acceptor.close();
  expect(await Promise.all([first.ending, second.ending])).toEqual(['reset', 'reset']);
  expect(engine.waiting).toBe(1);
  stays.is.places = 1;
  engine.admitWaiting();
  expect([closes.ports(), stays.ports()]).toEqual([[], portsOf([waits])]);
});

it('lets all clients in from one call, where each session ends at once and makes room for the next', async () => {
  const engine = openEngine(8);
  const room = { state: 'shut' as 'shut' | 'free' | 'taken', depth: 0, deepest: 0, admitted: 0 };
  const onClient = (leg: Leg): void => {
    room.depth += 1;
    room.admitted += 1;
    room.deepest = Math.max(room.deepest, room.depth);
    room.state = 'taken';
    engine.close(leg, 'rst');
    room.state = 'free';
    engine.admitWaiting();
    room.depth -= 1;
  };
  const at = { address: '127.0.0.1', port: 0, dualStack: false };
  const listening = await engine.listen(at, { room: () => (room.state === 'free' ? 'free' : 'none'), onClient });
  if (!listening.ok) throw listening.error;
  onTestFinished(() => listening.acceptor.close());
  for (let client = 0; client < 5; client += 1) await connectPeer(listening.acceptor.local.port);
  await until(() => engine.waiting === 5, 'all to wait');
  room.state = 'free';
  engine.admitWaiting();
  expect(room).toMatchObject({ admitted: 5, deepest: 1 });
  expect(engine.waiting).toBe(0);
});

it('retries skipped clients, where a session of their listener ends meanwhile', async () => {
  const engine = openEngine(8);
  const skipped = await openAcceptor(engine, 0);
  const onClient = (leg: Leg): void => {
    engine.close(leg, 'rst');
    skipped.is.places = 1;
    engine.admitWaiting();
  };
  const state = { room: 'none' as 'none' | 'free' };
  const at = { address: '127.0.0.1', port: 0, dualStack: false };
  const listening = await engine.listen(at, { room: () => state.room, onClient });
  if (!listening.ok) throw listening.error;
  onTestFinished(() => listening.acceptor.close());
  const first = await skipped.wait();
  await connectPeer(listening.acceptor.local.port);
  await until(() => engine.waiting === 2, 'both to wait');
  state.room = 'free';
  engine.admitWaiting();
  expect([skipped.ports(), engine.waiting]).toEqual([portsOf([first]), 0]);
});

it('goes on with the others after a bug with one client', async () => {
  const engine = openEngine(8);
  const acceptor = await openAcceptor(engine, 0);
  const [faulty, next] = [await acceptor.wait(), await acceptor.wait()];
  acceptor.is.places = 2;
  const wasReset = vi.spyOn(StreamLeg.prototype, 'wasReset').mockImplementationOnce(() => {
    throw new Error('a bug');
  });
  engine.admitWaiting();
  wasReset.mockRestore();
  expect([acceptor.ports(), engine.waiting]).toEqual([portsOf([next]), 0]);
  expect(await faulty.ending).toBe('reset');
});
