import { setTimeout as delay } from 'node:timers/promises';
import type { Entry } from '../book.ts';
import type { Environment } from '../environment.ts';
import { perListener } from '../gateway.ts';
import type { Random } from '../random.ts';

/** Many clients in one moment, over all listeners: each is served. */
export async function burst(environment: Environment, random: Random): Promise<void> {
  await allAtOnce(environment, 'burst', random.whole(50, 120), async (entry) =>
    exchange(environment, entry, undefined),
  );
}

/** More clients than one listener may have sessions. The others wait until some leave; some of them give up. */
export async function storm(environment: Environment, random: Random): Promise<void> {
  const { listener } = environment.layout.storm;
  await allAtOnce(environment, 'storm', random.whole(perListener + 16, 150), async (entry) => {
    if (environment.random(entry).next() < 0.2) await giveUp(environment, entry);
    else await exchange(environment, entry, listener);
  });
}

async function allAtOnce(
  environment: Environment,
  kind: string,
  size: number,
  member: (entry: Entry) => Promise<void>,
): Promise<void> {
  const members = Array.from({ length: size }, () => environment.book.enter(kind));
  await Promise.all(
    members.map((entry) => environment.book.watch(`${kind}, session ${entry.number}`, () => member(entry))),
  );
}

async function exchange(
  environment: Environment,
  entry: Entry,
  listener: Environment['layout']['storm']['listener'] | undefined,
): Promise<void> {
  const random = environment.random(entry);
  const met = await environment.meet(entry, listener);
  await met.client.send(random.whole(1, 2_000));
  await met.target.has(met.client.sent);
  await delay(random.whole(50, 400));
  await met.target.send(random.whole(1, 20_000));
  met.target.finish();
  await met.client.ended();
  met.client.finish();
  await environment.endsClean(met);
}

/** Leaves by a reset without a word; whether the gateway has seen it depends on whether it had to wait. */
async function giveUp(environment: Environment, entry: Entry): Promise<void> {
  entry.record = 'maybe';
  entry.reasons = ['client reset'];
  const socket = await environment.connect(environment.layout.storm.listener, entry);
  await delay(environment.random(entry).whole(0, 100));
  socket.resetAndDestroy();
}
