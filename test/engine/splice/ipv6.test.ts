import { expect, it } from 'vitest';
import { EngineFixture, longTimeouts } from '../../contract/engine-fixture.ts';
import { mib } from '../../contract/engine-under-test.ts';
import { payload } from '../../contract/peer.ts';
import { openEngine } from './splice-fixture.ts';

it('a whole session over ::1: both legs know their addresses, and all bytes arrive', async () => {
  const engine = openEngine();
  const inner = await EngineFixture.open(engine, { address: '::1', port: 0, dualStack: false });
  expect(inner.acceptor.local.address).toBe('::1');
  const [client, clientLeg] = await Promise.all([inner.connect('::1'), inner.legs.next()]);
  expect(clientLeg.remote).toEqual({ address: '::1', port: client.socket.localPort });
  expect(clientLeg.local).toEqual(inner.acceptor.local);
  const [dialed, far] = await Promise.all([inner.dial(inner.acceptor.local.port, 5_000, '::1'), inner.legs.next()]);
  if (!dialed.ok) throw new Error(dialed.reason);
  expect(dialed.leg.remote).toEqual(inner.acceptor.local);
  expect(dialed.leg.local).toEqual(far.remote);
  // Through the acceptor, and from there to the IPv4 target.
  const onward = engine.relay(clientLeg, dialed.leg, longTimeouts);
  const { target, relay } = await inner.join(far);
  const { data, digest } = payload(4 * mib);
  await client.send(data);
  client.finish();
  expect(await target.ending).toBe('end');
  expect(target.digest()).toBe(digest);
  target.finish();
  expect([await onward.done, await relay.done]).toEqual(['client closed', 'client closed']);
});

it('a dial to a zone that does not exist fails with the reason', async () => {
  const fixture = await EngineFixture.open(openEngine());
  expect(await fixture.dial(80, 1_000, 'fe80::1%nosuch0')).toMatchObject({ ok: false, reason: 'unreachable' });
});
