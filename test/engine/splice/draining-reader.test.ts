import { expect, it } from 'vitest';
import { EngineFixture, longTimeouts } from '../../contract/engine-fixture.ts';
import { mib } from '../../contract/engine-under-test.ts';
import { payload, until } from '../../contract/peer.ts';
import { openEngine } from './splice-fixture.ts';

const halfClosed = 300;

/** A session whose target has sent all its bytes, which are in the kernel; the client reads nothing yet. */
async function saidAll() {
  const answer = payload(2 * mib);
  const session = await (await EngineFixture.open(openEngine())).session({ ...longTimeouts, halfClosed });
  session.client.socket.pause();
  void session.target.send(answer.data).then(() => session.target.finish());
  await until(() => session.relay.bytesToClient === answer.data.length, 'all bytes to be in the kernel');
  expect(session.relay.heldToClient).toBe(0);
  return { ...session, answer };
}

it('lets a half-closed session live while its slow reader takes what the kernel has', async () => {
  const { client, relay, answer } = await saidAll();
  const started = performance.now();
  // A little at a time, for much longer than the time-out.
  const trickle = setInterval(() => client.socket.read(48 * 1024), 60);
  await until(() => performance.now() - started > 4 * halfClosed, 'four times the time-out to pass');
  clearInterval(trickle);
  expect(relay.state).toBe('half-closed');
  client.socket.resume();
  expect(await client.ending).toBe('end');
  expect(client.digest()).toBe(answer.digest);
  client.finish();
  expect(await relay.done).toBe('target closed');
});

it('ends it where the reader takes nothing any more', async () => {
  const { relay } = await saidAll();
  expect(await relay.done).toBe('half-closed too long');
});
