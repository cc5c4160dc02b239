import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/base/ip.ts';
import { EngineFixture } from './engine-fixture.ts';
import type { EngineUnderTest } from './engine-under-test.ts';

/** The address of the other end of a leg, as a number. */
export function describePeerAddresses(engine: EngineUnderTest): void {
  describe(`${engine.name}: addresses`, () => {
    it.each([
      ['IPv4', '127.0.0.1', '127.0.0.1', 0x7f00_0001],
      ['IPv6', '::1', '::1', 1n],
      ['IPv4 at a dual-stack acceptor', '::', '127.0.0.1', 0x7f00_0001],
      ['IPv6 at a dual-stack acceptor', '::', '::1', 1n],
    ])('gives %s of both legs as a number', async (_, address, host, ip) => {
      const at = { address, port: 0, dualStack: address === '::' };
      const fixture = await EngineFixture.open(engine.create({ waitingRoom: 1 }), at);
      const [dialed, leg] = await Promise.all([
        fixture.dial(fixture.acceptor.local.port, 5000, host),
        fixture.legs.next(),
      ]);
      if (!dialed.ok) throw new Error(dialed.reason);
      expect([leg.ip, dialed.leg.ip]).toEqual([ip, ip]);
      expect(parseIp(leg.remote.address)).toBe(ip);
      // The same when it is read once more.
      expect([leg.ip, leg.remote.port]).toEqual([ip, dialed.leg.local.port]);
      fixture.engine.close(dialed.leg, 'rst');
      fixture.engine.close(leg, 'rst');
    });

    it('differs from one IPv4 client to another', async () => {
      const fixture = await EngineFixture.open(engine.create({ waitingRoom: 1 }));
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      expect(leg.ip).toBe(parseIp(client.socket.localAddress ?? ''));
      fixture.engine.close(leg, 'rst');
      const [, other] = await Promise.all([fixture.connect('127.0.0.1', '127.9.8.255'), fixture.legs.next()]);
      expect(other.ip).toBe(0x7f09_08ff);
      fixture.engine.close(other, 'rst');
    });
  });
}
