import { expect, it } from 'vitest';
import type { Leg } from '../../../src/engine/engine.ts';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { StreamLeg } from '../../../src/engine/stream/stream-leg.ts';
import { EngineFixture, type JoinedSession, longTimeouts } from '../../contract/engine-fixture.ts';
import { descriptors } from '../../contract/engine-under-test.ts';
import { fillTowardsClient, fillTowardsTarget } from '../../contract/full-buffers.ts';
import { type Peer, until } from '../../contract/peer.ts';

function openFixture(): Promise<EngineFixture> {
  return EngineFixture.open(new StreamEngine({ waitingRoom: 1 }));
}

/** The kernel seems to take nothing of the next write; `first` is called before that. */
function takeNothing(leg: Leg, first: () => void): void {
  if (!(leg instanceof StreamLeg)) throw new Error('no leg of this engine');
  const writeNow = leg.writeNow.bind(leg);
  leg.writeNow = () => {
    leg.writeNow = writeNow;
    first();
    return 0;
  };
}

/** A session with both directions stuck, after a write has found its target reset. */
async function stuck(fixture: EngineFixture): Promise<JoinedSession> {
  const session = await fixture.session();
  await fillTowardsClient(session);
  await fillTowardsTarget(session);
  session.target.reset();
  await until(() => session.relay.state === 'closing', 'the reset to be found');
  return session;
}

const endings: Record<string, (session: JoinedSession) => void> = {
  'is killed': ({ relay }) => relay.kill('killed'),
  'is reset by its client, too': ({ client }) => client.reset(),
};

it.each(Object.keys(endings))('closes a socket that it keeps for unread input once the session %s', async (how) => {
  const fixture = await openFixture();
  const before = descriptors();
  const session = await stuck(fixture);
  expect(session.relay.heldToClient).toBeGreaterThan(0);
  endings[how]?.(session);
  expect(await session.relay.done).toBe('target reset');
  session.client.socket.destroy();
  await until(() => descriptors() <= before, 'the descriptors to be closed');
});

it('closes it after ten seconds in which the client takes nothing', async () => {
  const fixture = await openFixture();
  const before = descriptors();
  const started = performance.now();
  const { client, relay } = await stuck(fixture);
  expect(await relay.done).toBe('target reset');
  expect(performance.now() - started).toBeLessThan(15_000);
  client.socket.destroy();
  await until(() => descriptors() <= before, 'the descriptors to be closed');
});

it.each([
  ['goes on', (_: Peer) => {}],
  ['has finished', (client: Peer) => client.finish()],
])('reads what is there when a write fails as it is queued, and the client %s', async (_, then) => {
  const fixture = await openFixture();
  const [client, clientLeg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
  const [target, dialed] = await Promise.all([fixture.target.peers.next(), fixture.dial()]);
  if (!dialed.ok) throw new Error(dialed.reason);
  takeNothing(dialed.leg, () => {
    target.socket.write('last words');
    target.reset();
  });
  const relay = fixture.engine.relay(clientLeg, dialed.leg, longTimeouts);
  await client.send('question');
  then(client);
  expect(await client.ending).toBe('reset');
  expect(await relay.done).toBe('target reset');
  expect(client.text).toBe('last words');
  expect([relay.bytesToTarget, relay.bytesToClient]).toEqual([0, 10]);
});

it('closes it where its reader throws, which ends that session alone', async () => {
  const fixture = await openFixture();
  const before = descriptors();
  const [client, clientLeg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
  const [target, dialed] = await Promise.all([fixture.target.peers.next(), fixture.dial()]);
  if (!dialed.ok || !(dialed.leg instanceof StreamLeg)) throw new Error('no leg of this engine');
  dialed.leg.bytes = () => {
    throw new Error('a bug');
  };
  takeNothing(dialed.leg, () => {
    target.socket.write('last words');
    target.reset();
  });
  const relay = fixture.engine.relay(clientLeg, dialed.leg, longTimeouts);
  await client.send('question');
  expect(await client.ending).toBe('reset');
  expect(await relay.done).toBe('internal');
  client.socket.destroy();
  await until(() => descriptors() <= before, 'the descriptors to be closed');
});
