import type { Entry } from '../book.ts';
import type { Environment } from '../environment.ts';

/** Like a user at a shell: a few keys, an answer, a pause. In the end the client leaves. */
export async function interactive(environment: Environment, entry: Entry): Promise<void> {
  const random = environment.random(entry);
  const met = await environment.meet(entry);
  const { client, target } = met;
  for (let keys = random.whole(10, 60); keys > 0 && !environment.stopping.aborted; keys -= 1) {
    await client.send(random.whole(1, 20));
    await target.has(client.sent);
    await target.send(random.whole(1, 200));
    await client.has(target.sent);
    await environment.pause(random.whole(20, 800));
  }
  client.finish();
  await target.ended();
  target.finish();
  await environment.endsClean(met);
}
