import { setTimeout as delay } from 'node:timers/promises';
import type { Entry } from '../book.ts';
import { perListener } from '../gateway.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';

/** Many clients in one moment, over all listeners: each is served. */
export async function burst(world: World, random: Random): Promise<void> {
  await crowd(world, 'burst', random.whole(50, 120), async (entry) => exchange(world, entry, undefined));
}

/** More clients than one listener may have sessions. Who waits is served when others leave; some do not wait for that. */
export async function storm(world: World, random: Random): Promise<void> {
  const { door } = world.layout.storm;
  await crowd(world, 'storm', random.whole(perListener + 16, 150), async (entry) => {
    if (world.random(entry).next() < 0.2) await giveUp(world, entry);
    else await exchange(world, entry, door);
  });
}

async function crowd(world: World, kind: string, size: number, member: (entry: Entry) => Promise<void>): Promise<void> {
  const members = Array.from({ length: size }, () => world.book.enter(kind));
  await Promise.all(members.map((entry) => world.book.watch(`${kind}, session ${entry.number}`, () => member(entry))));
}

async function exchange(world: World, entry: Entry, door: World['layout']['storm']['door'] | undefined): Promise<void> {
  const random = world.random(entry);
  const met = await world.meet(entry, door);
  await met.client.send(random.whole(1, 2_000));
  await met.target.has(met.client.sent);
  await delay(random.whole(50, 400));
  await met.target.send(random.whole(1, 20_000));
  met.target.finish();
  await met.client.ended();
  met.client.finish();
  await world.endsClean(met);
}

/** Leaves by a reset without a word; whether the gateway has seen it depends on whether it had to wait. */
async function giveUp(world: World, entry: Entry): Promise<void> {
  entry.record = 'maybe';
  entry.reasons = ['client reset'];
  const socket = await world.connect(world.layout.storm.door, entry);
  await delay(world.random(entry).whole(0, 100));
  socket.resetAndDestroy();
}
