import { expect, it, vi } from 'vitest';
import { useFakeClock } from '../fake-clock.ts';
import { openDoor, openEngine, portsOf, turns } from './open-door.ts';

useFakeClock('setTimeout', 'clearTimeout');

/** A piece of it may come in, and does. */
async function piece(): Promise<void> {
  vi.advanceTimersByTime(4);
  await turns(60);
}

it('a crowd waits in the queue and comes in by and by, in order, while others come in at once', async () => {
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

it('a crowd comes in at once where it is none any more', async () => {
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

it('those of a crowd who have gone are dropped, and faster', async () => {
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

it('a crowd is let in no further than there is room', async () => {
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

it('a crowd is reset when the door closes', async () => {
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
