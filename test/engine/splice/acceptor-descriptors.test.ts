import { describe, expect, it, onTestFinished } from 'vitest';
import type { Leg } from '../../../src/engine/engine.ts';
import { SpliceAcceptor } from '../../../src/engine/splice/splice-acceptor.ts';
import { EngineFixture } from '../../contract/engine-fixture.ts';
import { connectPeer, until } from '../../contract/peer.ts';
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

/** fcntl(2): a second descriptor of the same open file description, as a process that was started with it has one. */
const F_DUPFD = 0;

it('a closed acceptor wakes nothing, though another process still holds its socket', async () => {
  const { libc: counting, count } = counted();
  const fixture = await EngineFixture.open(openWatchedEngine(counting));
  const { acceptor } = fixture;
  if (!(acceptor instanceof SpliceAcceptor)) throw new Error('Cannot test: not an acceptor of splice');
  const other = libc.fcntl(acceptor.fd, F_DUPFD, 0);
  expect(other).toBeGreaterThan(0);
  onTestFinished(() => {
    libc.close(other);
  });
  const { local } = acceptor;
  acceptor.close();
  await turns(3);
  const before = count('epollWait');
  await connectPeer(local.port);
  await turns(50);
  expect([count('epollWait') - before, fixture.legs.size]).toEqual([0, 0]);
  // Another acceptor, with the same number perhaps, has clients as ever.
  const legs: Leg[] = [];
  const again = await fixture.engine.listen(
    { address: '127.0.0.1', port: 0, dualStack: false },
    { room: () => 'free', onClient: (leg) => legs.push(leg) },
  );
  if (!again.ok) throw again.error;
  onTestFinished(() => again.acceptor.close());
  await connectPeer(again.acceptor.local.port);
  await until(() => legs.length === 1, 'the client to come in');
  for (const leg of legs) fixture.engine.close(leg, 'rst');
});

/** So many turns of the loop, each with a look at descriptors. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
