import { expect, it } from 'vitest';
import { longTimeouts } from '../../contract/engine-fixture.ts';
import { descriptors } from '../../contract/engine-under-test.ts';
import { digestOf, TargetServer, until } from '../../contract/peer.ts';
import { openAcceptor, openEngine, portsOf } from './open-acceptor.ts';

it('takes a paced client at once', async () => {
  const acceptor = await openAcceptor(openEngine(), 100);
  acceptor.is.room = 'paced';
  const peers = await acceptor.connectAll(40);
  await until(() => acceptor.legs.length === 40, 'all to be let in');
  expect(acceptor.ports()).toEqual(portsOf(peers));
});

it('resets and counts the clients for whom there is neither room nor a place to wait', async () => {
  const engine = openEngine(2);
  const acceptor = await openAcceptor(engine, 1);
  const before = descriptors();
  const peers = [await acceptor.connect(), await acceptor.wait(), await acceptor.wait()];
  for (let client = 0; client < 20; client += 1) expect(await acceptor.endOfNext()).toBe('ECONNRESET');
  expect([acceptor.legs.length, engine.waiting, acceptor.counts.turnedAway]).toEqual([1, 2, 20]);
  await until(() => descriptors() === before + 2 * peers.length, 'the other descriptors to be closed');
  acceptor.is.places = 3;
  engine.admitWaiting();
  expect(acceptor.ports()).toEqual(portsOf(peers));
});

it('takes a burst for which there are more sessions than places to wait', async () => {
  const acceptor = await openAcceptor(openEngine(4), 1_000);
  const burst = await Promise.all(Array.from({ length: 100 }, () => acceptor.connect()));
  await until(() => acceptor.legs.length === 100, 'all of them to be let in');
  expect(burst.every(({ socket }) => !socket.destroyed)).toBe(true);
});

it('delivers all that was sent while the client waited, to the last byte', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 0);
  const target = await TargetServer.open();
  const peer = await acceptor.wait();
  // More than a leg reads before its relay begins.
  const words = Buffer.from(Array.from({ length: 500_000 }, (_, at) => (at * 7) % 251));
  const sent = peer.send(words).then(() => peer.finish());
  acceptor.is.places = 1;
  engine.admitWaiting();
  const dialed = await engine.dial({ address: '127.0.0.1', port: target.port }, { timeout: 5_000 }).done;
  const [leg] = acceptor.legs;
  if (!dialed.ok || leg === undefined) throw new Error('there is no session');
  const relay = engine.relay(leg, dialed.leg, longTimeouts);
  const received = await target.peers.next();
  expect(await received.ending).toBe('end');
  await sent;
  expect([received.digest(), relay.bytesToTarget]).toEqual([digestOf(words), words.length]);
  received.finish();
  expect(await relay.done).toBe('client closed');
});

it('lets no denied client wait, and does not count it as turned away', async () => {
  const engine = openEngine(1);
  const acceptor = await openAcceptor(engine, 0);
  acceptor.is.clients = 'denied';
  expect(await acceptor.endOfNext()).toBe('ECONNRESET');
  expect(await acceptor.endOfNext()).toBe('ECONNRESET');
  expect([acceptor.counts, engine.waiting]).toEqual([{ turnedAway: 0, denied: 2 }, 0]);
  acceptor.is.clients = 'allowed';
  await acceptor.wait();
});
