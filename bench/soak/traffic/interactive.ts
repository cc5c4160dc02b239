import type { Entry } from '../book.ts';
import type { World } from '../world.ts';

/** As somebody at a shell: a few keys, an answer, a pause; in the end the client leaves. */
export async function interactive(world: World, entry: Entry): Promise<void> {
  const random = world.random(entry);
  const met = await world.meet(entry);
  const { client, target } = met;
  for (let keys = random.whole(10, 60); keys > 0 && !world.stopping.aborted; keys -= 1) {
    await client.send(random.whole(1, 20));
    await target.has(client.sent);
    await target.send(random.whole(1, 200));
    await client.has(target.sent);
    await world.pause(random.whole(20, 800));
  }
  client.finish();
  await target.ended();
  target.finish();
  await world.endsClean(met);
}
