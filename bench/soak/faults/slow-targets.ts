import type { Entry } from '../book.ts';
import type { Environment } from '../environment.ts';
import type { Random } from '../random.ts';
import { leaveUnread } from './leave-unread.ts';

const mebibyte = 2 ** 20;

/** Sends nothing and reads nothing for a while, then goes on to a clean end. */
export async function targetStalls(environment: Environment, entry: Entry, random: Random): Promise<void> {
  const met = await environment.meet(entry);
  const { client, target } = met;
  target.socket.pause();
  await client.send(random.whole(1, 5_000));
  await environment.pause(random.whole(1_000, 5_000));
  target.socket.resume();
  await target.has(client.sent);
  await target.send(random.whole(1, 5_000));
  target.finish();
  await client.ended();
  client.finish();
  await environment.endsClean(met);
}

/** Stops reading amid bulk, long enough for every buffer on the way to fill, then reads on: not one byte is lost. */
export async function targetStopsReading(environment: Environment, entry: Entry, random: Random): Promise<void> {
  const met = await environment.meet(entry);
  const { client, target } = met;
  const sending = client.send(random.whole(8, 24) * mebibyte);
  await target.has(random.whole(1, 2 * mebibyte));
  target.socket.pause();
  await environment.pause(random.whole(1_000, 4_000));
  target.socket.resume();
  await sending;
  client.finish();
  await target.ended();
  target.finish();
  await environment.endsClean(met);
}

/** Answers, and closes while the client has not finished: the whole answer arrives, whatever becomes of the rest. */
export async function targetClosesEarly(environment: Environment, entry: Entry, random: Random): Promise<void> {
  const met = await environment.meet(entry);
  const { client, target } = met;
  entry.reasons = ['target closed', 'target reset'];
  await leaveUnread(environment, met, random);
  await target.send(random.whole(1, 100_000));
  target.finish();
  await target.acknowledged();
  // With bytes unread that is a reset; without, what the client sends next brings one (RFC 1122, 4.2.2.13).
  target.socket.destroy();
  await client.ended();
  client.expectBytes(target.sent, target.sent);
  target.expectBytes(0, client.sent);
  await client.send(1_000);
  client.socket.destroy();
  environment.book.arrived(entry, client.received + target.received);
}
