import type { Entry } from '../book.ts';
import type { Environment } from '../environment.ts';

/** A forgotten session: a few bytes, a long silence, a few bytes. Either side may end it. */
export async function idle(environment: Environment, entry: Entry): Promise<void> {
  const random = environment.random(entry);
  const met = await environment.meet(entry);
  const { client, target } = met;
  await client.send(random.whole(1, 100));
  await target.has(client.sent);
  await environment.pause(random.whole(5_000, 60_000));
  await target.send(random.whole(1, 100));
  await client.has(target.sent);
  const [first, second] = random.pick([
    [client, target],
    [target, client],
  ]);
  first.finish();
  await second.ended();
  second.finish();
  await environment.endsClean(met);
}
