import { describe, expect, it } from 'vitest';
import { until } from '../../contract/peer.ts';
import { Rig } from '../../contract/rig.ts';
import { counted, EMFILE, ENFILE, libc, openEngine, watched } from './instruments.ts';

describe('an acceptor when descriptors are used up', () => {
  it.each([
    ['EMFILE', EMFILE],
    ['ENFILE', ENFILE],
  ])(
    'does not spin on %s, and serves who waits in the kernel within a second once there are some',
    async (_, errno) => {
      const machine = { poor: true };
      const { libc: counting, count } = counted({
        ...watched,
        accept4: (...values) => (machine.poor ? errno : libc.accept4(...values)),
      });
      const rig = await Rig.open(openEngine(counting));
      const clients = [await rig.connect(), await rig.connect()];
      const started = performance.now();
      await until(() => performance.now() - started > 550, 'half a second to pass');
      expect(count('accept4')).toBeGreaterThanOrEqual(2);
      expect(count('accept4')).toBeLessThan(10);
      expect(count('epollWait')).toBeLessThan(10);
      expect(rig.legs.size).toBe(0);
      machine.poor = false;
      const freed = performance.now();
      for (const client of clients) {
        const leg = await rig.legs.next();
        expect(leg.remote.port).toBe(client.socket.localPort);
        rig.engine.close(leg, 'rst');
      }
      expect(performance.now() - freed).toBeLessThan(10_000);
      // It is open as before.
      const later = await rig.connect();
      expect((await rig.legs.next()).remote.port).toBe(later.socket.localPort);
    },
  );

  it('takes a failure that is the new client’s own for that alone', async () => {
    let failures = 3;
    const ECONNABORTED = -103;
    const accept4: typeof libc.accept4 = (...values) => {
      failures -= 1;
      return failures >= 0 ? ECONNABORTED : libc.accept4(...values);
    };
    const rig = await Rig.open(openEngine({ ...libc, accept4 }));
    const client = await rig.connect();
    expect((await rig.legs.next()).remote.port).toBe(client.socket.localPort);
  });

  it('may be closed meanwhile', async () => {
    const { libc: counting, count } = counted({ ...libc, accept4: () => EMFILE });
    const rig = await Rig.open(openEngine(counting));
    await rig.connect();
    await until(() => count('accept4') > 1, 'the acceptor to have tried');
    rig.acceptor.close();
    rig.acceptor.close();
    const tried = count('accept4');
    const closed = performance.now();
    await until(() => performance.now() - closed > 250, 'two more tries to be due');
    expect(count('accept4')).toBe(tried);
  });
});
