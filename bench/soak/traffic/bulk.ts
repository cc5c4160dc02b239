import type { Entry } from '../book.ts';
import type { End } from '../end.ts';
import type { World } from '../world.ts';

const mebibyte = 2 ** 20;
/** Bytes a second each way: the machine has other things to do. */
const rate = 6 * mebibyte;

/** Much in both directions at once; each side sends its FIN when it is done, whether or not the other still sends. */
export async function bulk(world: World, entry: Entry): Promise<void> {
  const random = world.random(entry);
  const met = await world.meet(entry);
  const send = async (end: End, count: number): Promise<void> => {
    await end.send(count, rate);
    end.finish();
  };
  const [up, down] = [random.whole(0, 12 * mebibyte), random.whole(0, 12 * mebibyte)];
  await Promise.all([send(met.client, up), send(met.target, down)]);
  await world.endsClean(met);
}
