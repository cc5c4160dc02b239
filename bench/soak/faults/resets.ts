import type { Endpoint } from '../../agents/endpoint.ts';
import type { Entry } from '../book.ts';
import type { End } from '../end.ts';
import type { Environment, Met } from '../environment.ts';
import type { Random } from '../random.ts';
import { greetingLength } from '../targets.ts';
import { leaveUnread } from './leave-unread.ts';

const mebibyte = 2 ** 20;

/** Nobody listens there: a reset, and not one byte. */
export async function targetRefuses(environment: Environment, entry: Entry): Promise<void> {
  entry.reasons = ['refused'];
  await resetWithoutAByte(environment, entry, environment.listener(environment.layout.closed, entry));
}

/** It accepts, and resets before it has read anything. */
export async function targetResetsAtOnce(environment: Environment, entry: Entry): Promise<void> {
  // The reset may arrive before the dial's success is seen: that looks like a refusal.
  entry.reasons = ['target reset', 'refused'];
  await resetWithoutAByte(environment, entry, environment.layout.rude.listener);
}

async function resetWithoutAByte(environment: Environment, entry: Entry, at: Endpoint): Promise<void> {
  const socket = await environment.tryToConnect(at, entry);
  // The reset can be there before Node has seen that it is connected: that is one as well.
  if (socket === 'reset') return;
  const client = environment.clientEnd(socket, entry);
  await expectReset(client, 0, 0);
}

/**
 * Amid what it sends, with the client's bytes unread or none on the way. The client sees a prefix of it, and at least
 * what was acknowledged.
 */
export async function targetResets(environment: Environment, entry: Entry, random: Random): Promise<void> {
  const met = await environment.meet(entry);
  const { client, target } = met;
  entry.reasons = ['target reset'];
  await leaveUnread(environment, met, random);
  const least = await resetWhileSending(met.target, random, 0);
  await expectReset(client, least, target.sent);
  // What the target had from the client until then was right as well.
  target.expectBytes(0, client.sent);
  client.socket.destroy();
  environment.book.arrived(entry, client.received + target.received);
}

/** The same from the other side: what was acknowledged before the reset must be at the target before its own. */
export async function clientResets(environment: Environment, entry: Entry, random: Random): Promise<void> {
  const met = await environment.meet(entry);
  entry.reasons = ['client reset'];
  const least = await resetWhileSending(met.client, random, greetingLength);
  await targetSeesReset(environment, met, least);
}

/** The client's bytes are held all along the way; it resets, and the target comes back a moment later. */
export async function clientGivesUp(environment: Environment, entry: Entry, random: Random): Promise<void> {
  const met = await environment.meet(entry);
  const { client, target } = met;
  entry.reasons = ['client reset'];
  target.socket.pause();
  const sending = client.send(32 * mebibyte);
  await environment.pause(random.whole(500, 3_000));
  const least = client.reset(greetingLength);
  await sending;
  await environment.pause(random.whole(0, 1_000));
  target.socket.resume();
  await targetSeesReset(environment, met, least);
}

async function targetSeesReset(environment: Environment, { entry, client, target }: Met, least: number): Promise<void> {
  await expectReset(target, least, client.sent);
  environment.book.arrived(entry, target.received);
}

/** Sends for a moment and resets, with bytes under way or with none. Returns how many were surely acknowledged. */
async function resetWhileSending(end: End, random: Random, before: number): Promise<number> {
  if (random.pick(['under way', 'none']) === 'none') {
    await end.send(random.whole(0, 200_000));
    await end.acknowledged();
    return end.reset(before);
  }
  const sending = end.send(64 * mebibyte, 8 * mebibyte);
  await new Promise((resolve) => setTimeout(resolve, random.whole(1, 500)));
  const least = end.reset(before);
  await sending;
  return least;
}

async function expectReset(end: End, least: number, most: number): Promise<void> {
  const ending = await end.ended();
  end.expectBytes(least, most);
  if (ending !== 'reset') throw new Error(`a FIN came where a reset was due, after ${end.received} bytes`);
}
