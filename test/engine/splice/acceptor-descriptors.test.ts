import { describe, expect, it } from 'vitest';
import { EngineFixture } from '../../contract/engine-fixture.ts';
import { until } from '../../contract/peer.ts';
import { counted, EMFILE, ENFILE, libc, openEngine, openWatchedEngine } from './splice-fixture.ts';

describe('an acceptor when descriptors are used up', () => {
  it.each([
    ['EMFILE', EMFILE],
    ['ENFILE', ENFILE],
  ])('does not spin on %s, and serves waiting clients once there are some', async (_, errno) => {
    const machine = { poor: true };
    const { libc: counting, count } = counted({
      ...libc,
      accept4: (...values) => (machine.poor ? errno : libc.accept4(...values)),
    });
    const fixture = await EngineFixture.open(openWatchedEngine(counting));
    const clients = [await fixture.connect(), await fixture.connect()];
    const started = performance.now();
    await until(() => performance.now() - started > 550, 'half a second to pass');
    expect(count('accept4')).toBeGreaterThanOrEqual(2);
    expect(count('accept4')).toBeLessThan(10);
    expect(count('epollWait')).toBeLessThan(10);
    expect(fixture.legs.size).toBe(0);
    machine.poor = false;
    const freed = performance.now();
    for (const client of clients) {
      const leg = await fixture.legs.next();
      expect(leg.remote.port).toBe(client.socket.localPort);
      fixture.engine.close(leg, 'rst');
    }
    expect(performance.now() - freed).toBeLessThan(10_000);
    // It is open as before.
    const later = await fixture.connect();
    expect((await fixture.legs.next()).remote.port).toBe(later.socket.localPort);
  });

  it('takes a failure that is the new client’s own for that alone', async () => {
    let failures = 3;
    const ECONNABORTED = -103;
    const accept4: typeof libc.accept4 = (...values) => {
      failures -= 1;
      return failures >= 0 ? ECONNABORTED : libc.accept4(...values);
    };
    const fixture = await EngineFixture.open(openEngine({ ...libc, accept4 }));
    const client = await fixture.connect();
    expect((await fixture.legs.next()).remote.port).toBe(client.socket.localPort);
  });

  it('may be closed meanwhile', async () => {
    const { libc: counting, count } = counted({ ...libc, accept4: () => EMFILE });
    const fixture = await EngineFixture.open(openEngine(counting));
    await fixture.connect();
    await until(() => count('accept4') > 1, 'the acceptor to have tried');
    fixture.acceptor.close();
    fixture.acceptor.close();
    const tried = count('accept4');
    const closed = performance.now();
    await until(() => performance.now() - closed > 250, 'two more tries to be due');
    expect(count('accept4')).toBe(tried);
  });
});
