import { once } from 'node:events';
import { createConnection } from 'node:net';
import { expect, it } from 'vitest';
import { errnoOf } from '../../../src/base/errors.ts';
import { descriptors } from '../../contract/engine-under-test.ts';
import { digestOf, Peer, TargetServer, until } from '../../contract/peer.ts';
import { longTimeouts } from '../../contract/rig.ts';
import { type OpenAcceptor, openAcceptor, openEngine, portsOf, turns } from './open-acceptor.ts';

/** How one more client ends that may be reset before it hears that it is connected. */
function endOfNext({ acceptor }: OpenAcceptor): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port: acceptor.local.port });
    socket.once('error', (error) => resolve(errnoOf(error)));
    socket.once('end', () => resolve('end'));
    socket.resume();
  });
}

it('accepts one at the limit, leaves those behind it in the queue, and lets all in, in order, when there is room', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 0);
  const before = descriptors();
  const peers = await acceptor.connectAll(30);
  await turns();
  expect(engine.waiting).toBe(1);
  // A descriptor for each client, and one for who waits in the room.
  expect(descriptors() - before).toBe(peers.length + 1);
  acceptor.is.places = 10;
  engine.admitWaiting();
  await until(() => acceptor.legs.length === 10 && engine.waiting === 1, 'some to be let in');
  await turns();
  expect([acceptor.legs.length, engine.waiting]).toEqual([10, 1]);
  acceptor.is.places = 30;
  engine.admitWaiting();
  await until(() => acceptor.legs.length === 30, 'all to be let in');
  expect(acceptor.ports()).toEqual(portsOf(peers));
  expect(acceptor.counts.turnedAway).toBe(0);
});

it('drops who has left the queue by a reset, or by a FIN without a word, before it is anybody', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 0);
  const [first, resets, finishes, asks, speaksAndResets, asksAndResets, stays] = await acceptor.connectAll(7);
  if (!(first && resets && finishes && asks && speaksAndResets && asksAndResets && stays)) {
    throw new Error('not all are connected');
  }
  resets.reset();
  finishes.finish();
  for (const peer of [speaksAndResets, asksAndResets]) await peer.send('words');
  asksAndResets.finish();
  await once(asksAndResets.socket, 'finish');
  for (const peer of [speaksAndResets, asksAndResets]) peer.reset();
  await asks.send('a question');
  asks.finish();
  acceptor.is.places = 10;
  engine.admitWaiting();
  await until(() => acceptor.legs.length === 3, 'those who are there to be let in');
  expect(acceptor.ports()).toEqual(portsOf([first, asks, stays]));
  expect(await finishes.ending).toBe('reset');
});

it('delivers all that was sent in the queue, to the last byte', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 0);
  const target = await TargetServer.open();
  const [, asks] = await acceptor.connectAll(2);
  const words = Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * 7) % 251));
  await asks?.send(words);
  asks?.finish();
  acceptor.is.places = 2;
  engine.admitWaiting();
  await until(() => acceptor.legs.length === 2, 'both to be let in');
  const dialed = await engine.dial({ address: '127.0.0.1', port: target.port }, { timeout: 5_000 }).done;
  const leg = acceptor.legs[1];
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
  const acceptor = await openAcceptor(engine, 0);
  const [first, second] = await acceptor.connectAll(2);
  if (!(first && second)) throw new Error('not both are connected');
  await until(() => engine.waiting === 1, 'the first to wait');
  first.reset();
  await first.closed;
  await turns();
  expect([engine.waiting, acceptor.legs.length]).toEqual([1, 0]);
  acceptor.is.places = 1;
  engine.admitWaiting();
  expect(acceptor.ports()).toEqual(portsOf([second]));
});

it('takes a half-close for one where nobody queues any more', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 0);
  const waits = await acceptor.connect();
  await until(() => engine.waiting === 1, 'it to wait');
  acceptor.is.places = 10;
  engine.admitWaiting();
  expect(acceptor.ports()).toEqual(portsOf([waits]));
  await turns();
  const listens = await new Promise<Peer>((resolve) => {
    // The FIN is there before it is accepted.
    const peer = new Peer(
      createConnection({ host: '127.0.0.1', port: acceptor.acceptor.local.port, allowHalfOpen: true }),
    );
    peer.finish();
    peer.socket.once('connect', () => resolve(peer));
  });
  await until(() => acceptor.legs.length === 2, 'it to be let in');
  expect(acceptor.ports()).toEqual(portsOf([waits, listens]));
});

it('resets all who wait when it closes, in the room and in the queue', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 0);
  const waiting = await acceptor.connectAll(3);
  await turns();
  acceptor.acceptor.close();
  acceptor.acceptor.close();
  for (const peer of waiting) expect(await peer.ending).toBe('reset');
  expect([engine.waiting, acceptor.legs.length]).toEqual([0, 0]);
});

it('turns a stranger away at the limit, and is not shut by it', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 0);
  acceptor.is.strange = true;
  expect(await endOfNext(acceptor)).toBe('ECONNRESET');
  expect(await endOfNext(acceptor)).toBe('ECONNRESET');
  expect(acceptor.counts).toEqual({ turnedAway: 0, strangers: 2 });
  acceptor.is.strange = false;
  await acceptor.connect();
  await until(() => engine.waiting === 1, 'one who may wait');
});

it('turns away who finds no place because those of other acceptors have them all', async () => {
  const engine = openEngine(1);
  const [one, other] = [await openAcceptor(engine, 0), await openAcceptor(engine, 0)];
  await one.connect();
  await until(() => engine.waiting === 1, 'the room to be full');
  expect(await endOfNext(other)).toBe('ECONNRESET');
  expect([one.counts.turnedAway, other.counts.turnedAway]).toEqual([0, 1]);
});
