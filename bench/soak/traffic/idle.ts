import type { Entry } from '../book.ts';
import type { World } from '../world.ts';

/** A session that somebody has forgotten: a word, a long silence, a word. Either side may end it. */
export async function idle(world: World, entry: Entry): Promise<void> {
  const random = world.random(entry);
  const met = await world.meet(entry);
  const { client, target } = met;
  await client.send(random.whole(1, 100));
  await target.has(client.sent);
  await world.pause(random.whole(5_000, 60_000));
  await target.send(random.whole(1, 100));
  await client.has(target.sent);
  const [first, second] = random.pick([
    [client, target],
    [target, client],
  ]);
  first.finish();
  await second.ended();
  second.finish();
  await world.endsClean(met);
}
