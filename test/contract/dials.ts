import { describe, expect, it } from 'vitest';
import { openBlackHole } from './black-hole.ts';
import { descriptors, type EngineUnderTest } from './engine-under-test.ts';
import { until } from './peer.ts';
import { Rig } from './rig.ts';

/** Every outcome of a dial. */
export function describeDials(engine: EngineUnderTest): void {
  const open = (waitingRoom = 8): Promise<Rig> => Rig.open(engine.create({ waitingRoom }));

  describe(`${engine.name}: dial`, () => {
    it('says refused', async () => {
      const rig = await open();
      const { port } = rig.target;
      await new Promise((resolve) => rig.target.server.close(resolve));
      expect(await rig.dial(port)).toMatchObject({ ok: false, reason: 'refused' });
    });

    it('says unreachable', async () => {
      // The broadcast address of loopback: connect(2) says ENETUNREACH and sends nothing.
      expect(await (await open()).dial(80, 5000, '127.255.255.255')).toMatchObject({
        ok: false,
        reason: 'unreachable',
      });
    });

    it('says dial timed out, and leaves no descriptor', async () => {
      const rig = await open();
      const hole = await openBlackHole();
      const before = descriptors();
      expect(await rig.dial(hole, 200)).toMatchObject({ ok: false, reason: 'dial timed out' });
      await until(() => descriptors() <= before, 'the descriptor to be closed');
    });

    it('can be cancelled, and leaves no descriptor', async () => {
      const rig = await open();
      const hole = await openBlackHole();
      const before = descriptors();
      const dial = rig.engine.dial({ address: '127.0.0.1', port: hole }, { timeout: 60_000 });
      dial.cancel();
      dial.cancel();
      expect(await dial.done).toEqual({ ok: false, reason: 'cancelled' });
      await until(() => descriptors() <= before, 'the descriptor to be closed');
    });

    it('notices a client that resets while its target is dialed', async () => {
      const rig = await open();
      const [client, leg] = await Promise.all([rig.connect(), rig.legs.next()]);
      const gone = new Promise<void>((resolve) => {
        leg.onGone = resolve;
      });
      await client.send('hello');
      client.reset();
      await gone;
      expect(leg.gone).toBe(true);
      rig.engine.close(leg, 'rst');
    });

    it.each([
      ['127.0.0.1', '127.0.0.9'],
      ['::1', '::1'],
    ])('dials %s from the address that is asked for', async (address, from) => {
      const far = await Rig.open(engine.create({ waitingRoom: 1 }), { address, port: 0, dualStack: false });
      const to = { address, port: far.acceptor.local.port };
      const dialed = await far.engine.dial(to, { timeout: 5_000, from }).done;
      if (!dialed.ok) throw dialed.error;
      expect(dialed.leg.local.address).toBe(from);
      const accepted = await far.legs.next();
      expect(accepted.remote).toEqual(dialed.leg.local);
      far.engine.close(dialed.leg, 'fin');
      far.engine.close(accepted, 'rst');
    });

    it('says exhausted of an address that is not there to dial from, and leaves no descriptor', async () => {
      const rig = await open();
      const before = descriptors();
      const dial = rig.engine.dial(
        { address: '127.0.0.1', port: rig.target.port },
        { timeout: 5_000, from: '192.0.2.1' },
      );
      expect(await dial.done).toMatchObject({ ok: false, reason: 'exhausted', error: { code: 'EADDRNOTAVAIL' } });
      await until(() => descriptors() <= before, 'the descriptor to be closed');
    });

    it('reaches IPv6', async () => {
      const rig = await Rig.open(engine.create({ waitingRoom: 1 }), { address: '::', port: 0, dualStack: true });
      const [client, leg] = await Promise.all([rig.connect('::1'), rig.legs.next()]);
      expect(leg.remote).toEqual({ address: '::1', port: client.socket.localPort });
      const other = await Rig.open(engine.create({ waitingRoom: 1 }), { address: '::1', port: 0, dualStack: false });
      const dialed = await rig.dial(other.acceptor.local.port, 5000, '::1');
      expect(dialed).toMatchObject({ ok: true, leg: { remote: { address: '::1', port: other.acceptor.local.port } } });
      rig.engine.close(leg, 'rst');
      if (dialed.ok) rig.engine.close(dialed.leg, 'fin');
      const far = await other.legs.next();
      other.engine.close(far, 'rst');
    });
  });
}
