import type { Entry } from '../book.ts';
import type { End } from '../end.ts';
import type { Environment } from '../environment.ts';

const mebibyte = 2 ** 20;
/** Bytes a second each way: the machine has other things to do. */
const rate = 6 * mebibyte;

/** Much in both directions at once; each side sends its FIN when it is done, whether or not the other still sends. */
export async function bulk(environment: Environment, entry: Entry): Promise<void> {
  const random = environment.random(entry);
  const met = await environment.meet(entry);
  const send = async (end: End, count: number): Promise<void> => {
    await end.send(count, rate);
    end.finish();
  };
  const [up, down] = [random.whole(0, 12 * mebibyte), random.whole(0, 12 * mebibyte)];
  await Promise.all([send(met.client, up), send(met.target, down)]);
  await environment.endsClean(met);
}
