import { expect, it, vi } from 'vitest';
import { useFakeClock } from '../fake-clock.ts';
import { openAcceptor, openEngine, portsOf, turns } from './open-acceptor.ts';

useFakeClock('setTimeout', 'clearTimeout');

/** A piece of it may come in, and does. */
async function piece(): Promise<void> {
  vi.advanceTimersByTime(4);
  await turns(60);
}

it('a burst waits in the queue and comes in by and by, in order, while others come in at once', async () => {
  const engine = openEngine();
  const [acceptor, calm] = [await openAcceptor(engine, 1_000), await openAcceptor(engine, 1_000)];
  acceptor.is.busy = true;
  const peers = await acceptor.connectAll(20);
  await turns();
  // The first is no burst yet, the second shuts the acceptor.
  expect([acceptor.legs.length, engine.waiting]).toEqual([2, 0]);
  await calm.connect();
  await turns();
  expect([acceptor.legs.length, calm.legs.length]).toEqual([2, 1]);
  for (const letIn of [4, 6, 8]) {
    await piece();
    expect(acceptor.legs.length).toBe(letIn);
  }
  while (acceptor.legs.length < 20) await piece();
  expect(acceptor.ports()).toEqual(portsOf(peers));
});

it('a burst comes in at once where it is none any more', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 1_000);
  acceptor.is.busy = true;
  await acceptor.connectAll(40);
  await turns();
  expect(acceptor.legs.length).toBe(2);
  acceptor.is.busy = false;
  await piece();
  expect(acceptor.legs.length).toBe(40);
  await acceptor.connect();
  await turns();
  expect(acceptor.legs.length).toBe(41);
});

it('those of a burst who have gone are dropped, and faster', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 1_000);
  acceptor.is.busy = true;
  const peers = await acceptor.connectAll(20);
  await turns();
  for (const peer of peers.slice(2, 9)) peer.reset();
  await piece();
  // Seven have cost as much as one and three quarters.
  expect(acceptor.ports()).toEqual(portsOf([...peers.slice(0, 2), ...peers.slice(9, 10)]));
});

it('a burst is let in no further than there is room', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 5);
  acceptor.is.busy = true;
  await acceptor.connectAll(10);
  for (let count = 0; count < 5; count += 1) await piece();
  expect([acceptor.legs.length, engine.waiting]).toEqual([5, 1]);
  acceptor.is.places = 10;
  engine.admitWaiting();
  for (let count = 0; count < 5; count += 1) await piece();
  expect([acceptor.legs.length, engine.waiting]).toEqual([10, 0]);
});

it('a burst is reset when the acceptor closes', async () => {
  const engine = openEngine();
  const acceptor = await openAcceptor(engine, 1_000);
  acceptor.is.busy = true;
  const peers = await acceptor.connectAll(10);
  await turns();
  acceptor.acceptor.close();
  await piece();
  expect(acceptor.legs.length).toBe(2);
  for (const peer of peers.slice(2)) expect(await peer.ending).toBe('reset');
});
