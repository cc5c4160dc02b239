import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineFixture, longTimeouts } from './engine-fixture.ts';
import { descriptors, type EngineUnderTest, mib } from './engine-under-test.ts';
import { fillTowardsClient } from './full-buffers.ts';
import { digestOf, payload, until } from './peer.ts';

/** What a reset, or a kill, does to the other leg. */
export function describeResets(engine: EngineUnderTest): void {
  const open = (waitingRoom = 8): Promise<EngineFixture> => EngineFixture.open(engine.create({ waitingRoom }));

  describe(`${engine.name}: resets`, () => {
    it.each(['client', 'target'] as const)('passes a reset of the %s on', async (first) => {
      const { client, target, relay } = await (await open()).session();
      const [one, other] = first === 'client' ? [client, target] : [target, client];
      await one.send('before');
      await other.has(6);
      one.reset();
      expect(await other.ending).toBe('reset');
      expect(await relay.done).toBe(`${first} reset`);
      expect(other.text).toBe('before');
    });

    it.each(['client', 'target'] as const)(
      'distinguishes bytes and a reset of the %s in one turn from an end',
      async (first) => {
        const { client, target, relay } = await (await open()).session();
        const [one, other] = first === 'client' ? [client, target] : [target, client];
        one.socket.write('last bytes');
        one.reset();
        expect(await other.ending).toBe('reset');
        expect(await relay.done).toBe(`${first} reset`);
        expect(other.text).toBe('last bytes');
      },
    );

    it('delivers what a target sent before a reset that came before the relay', async () => {
      const fixture = await open();
      const [client, clientLeg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      const [target, dialed] = await Promise.all([fixture.target.peers.next(), fixture.dial()]);
      if (!dialed.ok) throw new Error(dialed.reason);
      await target.send('last bytes');
      target.reset();
      await until(() => dialed.leg.isReset, 'the reset to be seen');
      const relay = fixture.engine.relay(clientLeg, dialed.leg, longTimeouts);
      expect(await client.ending).toBe('reset');
      expect(await relay.done).toBe('target reset');
      expect(client.text).toBe('last bytes');
    });

    it('delivers 4 MiB to a slow reader before the reset that followed them', async () => {
      const { client, target, relay } = await (await open()).session();
      const sent = payload(4 * mib);
      client.socket.pause();
      // 64 KiB now and then, until the reset has come through.
      const trickle = setInterval(() => {
        client.socket.resume();
        setImmediate(() => client.socket.pause());
      }, 2);
      onTestFinished(() => clearInterval(trickle));
      await target.send(sent.data);
      await until(() => relay.bytesToClient + relay.heldToClient === 4 * mib, 'the engine to have read all');
      target.reset();
      expect(await client.ending).toBe('reset');
      expect(client.digest()).toBe(sent.digest);
      expect(await relay.done).toBe('target reset');
    });

    it('delivers what waits in its kernel socket behind a slow reader when the reset comes', async () => {
      const session = await (await open()).session();
      const { sent, acknowledged } = await fillTowardsClient(session);
      session.target.reset();
      session.client.socket.resume();
      expect(await session.client.ending).toBe('reset');
      expect(session.client.received).toBeGreaterThanOrEqual(acknowledged);
      expect(session.client.digest()).toBe(digestOf(sent.subarray(0, session.client.received)));
      expect(await session.relay.done).toBe('target reset');
    });

    it(`finds a reset by writing; what was unread on that leg is ${engine.inputAfterFailedWrite}`, async () => {
      const session = await (await open()).session();
      const { sent, acknowledged } = await fillTowardsClient(session);
      session.target.reset();
      await session.client.send('into a reset');
      await until(() => session.relay.state === 'closing' || session.relay.state === 'closed', 'the reset to be found');
      session.client.socket.resume();
      expect(await session.client.ending).toBe('reset');
      expect(await session.relay.done).toBe('target reset');
      if (engine.inputAfterFailedWrite === 'kept') expect(session.client.received).toBeGreaterThanOrEqual(acknowledged);
      expect(session.client.digest()).toBe(digestOf(sent.subarray(0, session.client.received)));
    });

    it.each(['idle', 'running'] as const)(
      'kills an %s session: both ends are reset, with the reason given',
      async (what) => {
        const { client, target, relay } = await (await open()).session();
        if (what === 'running') void client.send(payload(64 * mib).data).catch(() => {});
        if (what === 'running') target.socket.pause();
        if (what === 'running') await until(() => relay.heldToTarget > 0, 'bytes to be held');
        relay.kill('drained');
        relay.kill('killed');
        target.socket.resume();
        expect(await relay.done).toBe('drained');
        expect(await client.ending).toBe('reset');
        await target.closed;
      },
    );

    it('kills a session right after a half-close and leaves no descriptor', async () => {
      const fixture = await open();
      const before = descriptors();
      const { client, target, relay } = await fixture.session();
      client.finish();
      await until(() => relay.state === 'half-closed', 'the FIN to come');
      relay.kill('killed');
      expect(await relay.done).toBe('killed');
      client.socket.destroy();
      target.socket.destroy();
      await until(() => descriptors() <= before, 'the descriptors to be closed');
    });
  });
}
