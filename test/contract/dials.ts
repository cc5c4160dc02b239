import { describe, expect, it } from 'vitest';
import { openBlackHole } from './black-hole.ts';
import { EngineFixture } from './engine-fixture.ts';
import { descriptors, type EngineUnderTest } from './engine-under-test.ts';
import { until } from './peer.ts';

/** Every outcome of a dial. */
export function describeDials(engine: EngineUnderTest): void {
  const open = (waitingRoom = 8): Promise<EngineFixture> => EngineFixture.open(engine.create({ waitingRoom }));

  describe(`${engine.name}: dial`, () => {
    it('ends as refused', async () => {
      const fixture = await open();
      const { port } = fixture.target;
      await new Promise((resolve) => fixture.target.server.close(resolve));
      expect(await fixture.dial(port)).toMatchObject({ ok: false, reason: 'refused' });
    });

    it('ends as unreachable', async () => {
      // The broadcast address of loopback: connect(2) fails with ENETUNREACH and sends nothing.
      expect(await (await open()).dial(80, 5000, '127.255.255.255')).toMatchObject({
        ok: false,
        reason: 'unreachable',
      });
    });

    it('ends as dial timed out, and leaves no descriptor', async () => {
      const fixture = await open();
      const hole = await openBlackHole();
      const before = descriptors();
      expect(await fixture.dial(hole, 200)).toMatchObject({ ok: false, reason: 'dial timed out' });
      await until(() => descriptors() <= before, 'the descriptor to be closed');
    });

    it('can be cancelled, and leaves no descriptor', async () => {
      const fixture = await open();
      const hole = await openBlackHole();
      const before = descriptors();
      const dial = fixture.engine.dial({ address: '127.0.0.1', port: hole }, { timeout: 60_000 });
      dial.cancel();
      dial.cancel();
      expect(await dial.done).toEqual({ ok: false, reason: 'cancelled' });
      await until(() => descriptors() <= before, 'the descriptor to be closed');
    });

    it('notices a client that resets while its target is dialed', async () => {
      const fixture = await open();
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      const reset = new Promise<void>((resolve) => {
        leg.onReset = resolve;
      });
      await client.send('hello');
      client.reset();
      await reset;
      expect(leg.isReset).toBe(true);
      fixture.engine.close(leg, 'rst');
    });

    it.each([
      ['127.0.0.1', '127.0.0.9'],
      ['::1', '::1'],
    ])('dials %s from the address that was given', async (address, from) => {
      const far = await EngineFixture.open(engine.create({ waitingRoom: 1 }), { address, port: 0, dualStack: false });
      const to = { address, port: far.acceptor.local.port };
      const dialed = await far.engine.dial(to, { timeout: 5_000, from }).done;
      if (!dialed.ok) throw dialed.error;
      expect(dialed.leg.local.address).toBe(from);
      const accepted = await far.legs.next();
      expect(accepted.remote).toEqual(dialed.leg.local);
      far.engine.close(dialed.leg, 'fin');
      far.engine.close(accepted, 'rst');
    });

    it('ends as exhausted where the address to dial from does not exist, and leaves no descriptor', async () => {
      const fixture = await open();
      const before = descriptors();
      const dial = fixture.engine.dial(
        { address: '127.0.0.1', port: fixture.target.port },
        { timeout: 5_000, from: '192.0.2.1' },
      );
      expect(await dial.done).toMatchObject({ ok: false, reason: 'exhausted', error: { code: 'EADDRNOTAVAIL' } });
      await until(() => descriptors() <= before, 'the descriptor to be closed');
    });

    it('reaches IPv6', async () => {
      const fixture = await EngineFixture.open(engine.create({ waitingRoom: 1 }), {
        address: '::',
        port: 0,
        dualStack: true,
      });
      const { port } = fixture.acceptor.local;
      const [dialed, leg] = await Promise.all([fixture.dial(port, 5000, '::1'), fixture.legs.next()]);
      expect(dialed).toMatchObject({ ok: true, leg: { remote: { address: '::1', port } } });
      if (!dialed.ok) return;
      expect(leg.remote).toEqual({ address: '::1', port: dialed.leg.local.port });
      fixture.engine.close(dialed.leg, 'fin');
      fixture.engine.close(leg, 'rst');
    });
  });
}
