import { expect, it } from 'vitest';
import { EINTR } from '../../../src/libc/constants.ts';
import { EngineFixture } from '../../contract/engine-fixture.ts';
import { mib } from '../../contract/engine-under-test.ts';
import { payload, until } from '../../contract/peer.ts';
import { libc, openEngine, rawClient } from './splice-fixture.ts';

const data = payload(16 * mib);

it.each([
  ['splicing', 32],
  ['copying', 0],
])('a slow reader with a small window gets everything by %s; held bytes are counted, and bounded', async (_, pipes) => {
  const fixture = await EngineFixture.open(openEngine(libc, pipes));
  const { peer: client } = rawClient(fixture.acceptor.local.port, 192 * 1024);
  const { target, relay } = await fixture.join(await fixture.legs.next());
  client.socket.pause();
  let most = 0;
  const sending = target.send(data.data).then(() => target.finish());
  await until(() => relay.heldToClient > 0, 'bytes to be held');
  await until(() => {
    // A little at a time.
    client.socket.resume();
    setImmediate(() => {
      if (client.received <= mib) client.socket.pause();
    });
    most = Math.max(most, relay.heldToClient);
    const { bytesToClient, heldToClient } = relay;
    expect(bytesToClient).toBeGreaterThanOrEqual(client.received);
    expect(bytesToClient + heldToClient).toBeLessThanOrEqual(data.data.length);
    return client.received > mib;
  }, 'a quarter to arrive');
  client.socket.resume();
  await sending;
  expect(await client.ending).toBe('end');
  expect(client.digest()).toBe(data.digest);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(pipes === 0 ? 256 * 1024 : mib);
  expect([relay.bytesToClient, relay.heldToClient]).toEqual([data.data.length, 0]);
});

it('every splice that is cut short, or interrupted, is completed', async () => {
  let calls = 0;
  // A prime number of bytes at most, now and then none.
  const splice: typeof libc.splice = (from, to, length, flags) => {
    calls += 1;
    return calls % 7 === 0 ? EINTR : libc.splice(from, to, Math.min(length, 997 * (1 + (calls % 60))), flags);
  };
  const fixture = await EngineFixture.open(openEngine({ ...libc, splice }));
  const { client, target, relay } = await fixture.session();
  await client.send(data.data);
  client.finish();
  expect(await target.ending).toBe('end');
  expect(target.digest()).toBe(data.digest);
  target.finish();
  expect(await relay.done).toBe('client closed');
  expect(calls).toBeGreaterThan(100);
});
