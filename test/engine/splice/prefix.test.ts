import { expect, it } from 'vitest';
import { EAGAIN, EINTR, IPPROTO_TCP, TCP_NODELAY } from '../../../src/libc/constants.ts';
import { EngineFixture, longTimeouts } from '../../contract/engine-fixture.ts';
import { mib } from '../../contract/engine-under-test.ts';
import { digestOf, payload } from '../../contract/peer.ts';
import { fdOf, joinLegs, libc, openEngine, option } from './splice-fixture.ts';

const prefix = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');

it.each([
  ['cut short', 5],
  ['interrupted', EINTR],
])('what a target does not take whole, as a send was %s, is held and comes in order', async (_, first) => {
  let sends = 0;
  const send: typeof libc.send = (fd, from, length, flags) => {
    sends += 1;
    if (sends > 1) return libc.send(fd, from, length, flags);
    return first < 0 ? first : libc.send(fd, from, first, flags);
  };
  const fixture = await EngineFixture.open(openEngine({ ...libc, send }));
  const { client, target, relay } = await fixture.session({ ...longTimeouts, prefix });
  const { data } = payload(4 * mib);
  await client.send(data);
  client.finish();
  expect(await target.ending).toBe('end');
  expect(target.digest()).toBe(digestOf(Buffer.concat([prefix, data])));
  expect([relay.bytesToTarget, relay.heldToTarget]).toEqual([data.length, 0]);
});

it('counts none of it while it is held', async () => {
  // The target takes nothing, so no event follows.
  const send: typeof libc.send = () => EAGAIN;
  const fixture = await EngineFixture.open(openEngine({ ...libc, send }));
  const { relay } = await fixture.session({ ...longTimeouts, prefix });
  expect([relay.bytesToTarget, relay.heldToTarget]).toEqual([0, prefix.length]);
  relay.kill('killed');
  await relay.done;
  expect([relay.bytesToTarget, relay.heldToTarget]).toEqual([0, 0]);
});

it("is the first write: the client's first bytes are the second, and not delayed", async () => {
  const fixture = await EngineFixture.open(openEngine());
  const { client, target, targetLeg } = await joinLegs(fixture, { ...longTimeouts, prefix });
  await target.has(prefix.length);
  expect(option(fdOf(targetLeg), IPPROTO_TCP, TCP_NODELAY)).toBe(0);
  await client.send('x');
  await target.has(prefix.length + 1);
  expect(option(fdOf(targetLeg), IPPROTO_TCP, TCP_NODELAY)).not.toBe(0);
});
