import { describe, expect, it, onTestFinished } from 'vitest';
import type { Room } from '../../../src/engine/engine.ts';
import type { SpliceEngine } from '../../../src/engine/splice/splice-engine.ts';
import { EngineFixture } from '../../contract/engine-fixture.ts';
import { connectPeer, type Peer, until } from '../../contract/peer.ts';
import { counted, openEngine, openSockets, openWatchedEngine } from './splice-fixture.ts';

/** An acceptor with a limit of its own; `admitted` gets the clients' ports, in order. */
async function openAcceptor(
  engine: SpliceEngine,
  admitted: (number | undefined)[],
  whenFree: () => Room = () => 'free',
) {
  const room = { left: 0, refused: 0 };
  const listening = await engine.listen(
    { address: '127.0.0.1', port: 0, dualStack: false },
    {
      room: () => {
        if (room.left > 0) return whenFree();
        room.refused += 1;
        return 'none';
      },
      onClient: (leg) => {
        room.left -= 1;
        admitted.push(leg.remote.port);
        onTestFinished(() => engine.close(leg, 'rst'));
      },
    },
  );
  if (!listening.ok) throw listening.error;
  onTestFinished(() => listening.acceptor.close());
  return { room, connect: (): Promise<Peer> => connectPeer(listening.acceptor.local.port) };
}

const ports = (...peers: Peer[]): (number | undefined)[] => peers.map(({ socket }) => socket.localPort);

describe('a burst', () => {
  it('leaves it in the kernel’s queue, and lets all in at a pace, without a call', async () => {
    const engine = openEngine();
    onTestFinished(() => engine.shutDown());
    const admitted: (number | undefined)[] = [];
    const burst = { from: 2, upTo: 40 };
    const { room, connect } = await openAcceptor(engine, admitted, () =>
      admitted.length >= burst.from && admitted.length < burst.upTo ? 'paced' : 'free',
    );
    room.left = 100;
    const clients = [];
    for (let count = 0; count < 50; count += 1) clients.push(await connect());
    await until(() => admitted.length === 50, 'all to be let in');
    expect(admitted).toEqual(ports(...clients));
  });
});

describe('an acceptor at the limit', () => {
  it('leaves new clients in the kernel’s queue, connected and not accepted, and does not spin', async () => {
    const { libc, count } = counted();
    const fixture = await EngineFixture.open(openWatchedEngine(libc));
    fixture.setRoom('full');
    const clients = await Promise.all([fixture.connect(), fixture.connect(), fixture.connect()]);
    for (const client of clients) await client.send('hello');
    const started = performance.now();
    await until(() => performance.now() - started > 300, 'a while to pass');
    expect(count('accept4')).toBe(0);
    expect(count('epollWait')).toBeLessThan(10);
    expect(fixture.engine.waiting).toBe(0);
    fixture.engine.admitWaiting();
    expect(count('accept4')).toBe(0);
    fixture.setRoom('free');
    fixture.engine.admitWaiting();
    await until(() => fixture.legs.size === 3, 'all to be let in');
    const later = await fixture.connect();
    for (const client of [...clients, later]) {
      expect((await fixture.legs.next()).remote.port).toBe(client.socket.localPort);
    }
  });

  it('drops clients that have reset or finished without a byte, and keeps one that finished after bytes', async () => {
    const fixture = await EngineFixture.open(openEngine());
    fixture.setRoom('full');
    const before = openSockets();
    const [resets, leaves, sendsAndResets, requests, waits] = [
      await fixture.connect(),
      await fixture.connect(),
      await fixture.connect(),
      await fixture.connect(),
      await fixture.connect(),
    ];
    resets.reset();
    leaves.finish();
    await sendsAndResets.send('bytes');
    sendsAndResets.reset();
    await requests.send('request');
    requests.finish();
    await resets.closed;
    fixture.setRoom('free');
    fixture.engine.admitWaiting();
    await until(() => fixture.legs.size === 2, 'both to be let in');
    const legs = [await fixture.legs.next(), await fixture.legs.next()];
    expect(legs.map(({ remote }) => remote.port)).toEqual(ports(requests, waits));
    expect(await leaves.ending).toBe('reset');
    for (const leg of legs) fixture.engine.close(leg, 'rst');
    for (const client of [leaves, requests, waits]) client.socket.destroy();
    await until(() => openSockets() <= before, 'all descriptors to be closed');
  });

  it('takes turns with the others when room comes', async () => {
    const engine = openEngine();
    onTestFinished(() => engine.shutDown());
    const admitted: (number | undefined)[] = [];
    const [one, other] = [await openAcceptor(engine, admitted), await openAcceptor(engine, admitted)];
    const first = [await one.connect(), await one.connect(), await one.connect()];
    const second = [await other.connect(), await other.connect()];
    await until(() => one.room.refused > 0 && other.room.refused > 0, 'both to be paused');
    expect(admitted).toEqual([]);
    one.room.left = 3;
    other.room.left = 2;
    await until(() => {
      engine.admitWaiting();
      return admitted.length === 5;
    }, 'all to be let in');
    expect([...admitted].sort()).toEqual(ports(...first, ...second).sort());
    // Neither acceptor has let in two more than the other.
    const turns = admitted.slice(0, 4).map((port) => (ports(...first).includes(port) ? 'one' : 'other'));
    expect(turns.filter((turn) => turn === 'one').length).toBe(2);
  });

  it('is passed over where it is full for itself', async () => {
    const engine = openEngine();
    onTestFinished(() => engine.shutDown());
    const admitted: (number | undefined)[] = [];
    const [full, free] = [await openAcceptor(engine, admitted), await openAcceptor(engine, admitted)];
    const [stuck, next] = [await full.connect(), await free.connect()];
    free.room.left = 5;
    await until(() => {
      engine.admitWaiting();
      return admitted.length === 1;
    }, 'the one with room to be let in');
    expect(admitted).toEqual(ports(next));
    full.room.left = 1;
    await until(() => {
      engine.admitWaiting();
      return admitted.length === 2;
    }, 'the other to be let in');
    expect(admitted).toEqual(ports(next, stuck));
  });
});
