import { describe, expect, it, onTestFinished } from 'vitest';
import type { Leg } from '../../src/engine/engine.ts';
import { EngineFixture, longTimeouts } from './engine-fixture.ts';
import { descriptors, type EngineUnderTest, mib } from './engine-under-test.ts';
import { payload, until } from './peer.ts';

/** Acceptors, the limit, and descriptors left over. */
export function describeAcceptors(engine: EngineUnderTest): void {
  const open = (waitingRoom = 8): Promise<EngineFixture> => EngineFixture.open(engine.create({ waitingRoom }));

  describe(`${engine.name}: acceptors`, () => {
    it('reports an address that is taken', async () => {
      const fixture = await open();
      const taken = await fixture.engine.listen(
        { ...fixture.acceptor.local, dualStack: false },
        { room: () => 'free', onClient: () => {} },
      );
      expect(taken).toMatchObject({ ok: false, code: 'EADDRINUSE' });
    });

    it('takes IPv4 and IPv6 through one dual-stack socket, and shows IPv4 peers as such', async () => {
      const fixture = await EngineFixture.open(engine.create({ waitingRoom: 1 }), {
        address: '::',
        port: 0,
        dualStack: true,
      });
      for (const host of ['127.0.0.1', '::1']) {
        const [client, leg] = await Promise.all([fixture.connect(host), fixture.legs.next()]);
        expect(leg.remote).toEqual({ address: host, port: client.socket.localPort });
        fixture.engine.close(leg, 'rst');
      }
    });

    it('refuses once closed, may be closed twice, and lets sessions live', async () => {
      const fixture = await open();
      const { client, target } = await fixture.session();
      fixture.acceptor.close();
      fixture.acceptor.close();
      await expect(fixture.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await client.send('still here');
      await target.has(10);
      expect(target.text).toBe('still here');
    });

    it('is closed, and its sessions relay to the last byte', async () => {
      const fixture = await open();
      const sessions = [await fixture.session(), await fixture.session()];
      const [up, down] = [payload(3 * mib), payload(2 * mib)];
      const sending = sessions.map(({ client }) => client.send(up.data));
      fixture.acceptor.close();
      await Promise.all([...sending, ...sessions.map(({ target }) => target.send(down.data))]);
      for (const { client, target, relay } of sessions) {
        client.finish();
        await target.has(up.data.length);
        target.finish();
        expect(await relay.done).toBe('client closed');
        await client.has(down.data.length);
        expect([target.digest(), client.digest()]).toEqual([up.digest, down.digest]);
      }
    });

    it('is closed, and another one takes its address at once, beside sessions that live', async () => {
      const fixture = await open();
      const { client, target } = await fixture.session();
      const at = { ...fixture.acceptor.local, dualStack: false };
      for (let nth = 1; nth <= 3; nth += 1) {
        fixture.acceptor.close();
        const legs: Leg[] = [];
        const again = await fixture.engine.listen(at, { room: () => 'free', onClient: (leg) => legs.push(leg) });
        if (!again.ok) throw again.error;
        onTestFinished(() => again.acceptor.close());
        expect(again.acceptor.local).toEqual(fixture.acceptor.local);
        const later = await fixture.connect();
        await until(() => legs.length === 1, 'the client to come in');
        expect(legs[0]?.remote.port).toBe(later.socket.localPort);
        for (const leg of legs) fixture.engine.close(leg, 'rst');
        await client.send('x');
        await target.has(nth);
        again.acceptor.close();
      }
    });

    it('has other limits from the time on at which they change, and cuts nothing off', async () => {
      const fixture = await open(1);
      const { client, target } = await fixture.session();
      fixture.setRoom('full');
      const first = await fixture.connect();
      if (engine.incomingWait === 'in a waiting room') {
        await until(() => fixture.engine.waiting === 1, 'it to wait');
        // It may see its reset before it knows that it was connected.
        const third = fixture.connect().then(({ ending }) => ending);
        expect(await third.catch(() => 'reset')).toBe('reset');
      }
      fixture.engine.configure({ waitingRoom: 2, pipes: 0, memory: 64 * mib });
      const second = await fixture.connect();
      const places = engine.incomingWait === 'in a waiting room' ? 2 : 0;
      await until(() => fixture.engine.waiting === places, 'it to wait, too');
      fixture.engine.configure({ waitingRoom: 0, pipes: 0, memory: 64 * mib });
      const sent = payload(3 * mib);
      await client.send(sent.data);
      await target.has(sent.data.length);
      expect(target.digest()).toBe(sent.digest);
      fixture.setRoom('free');
      fixture.engine.admitWaiting();
      for (const { socket } of [first, second]) {
        const leg = await fixture.legs.next();
        expect(leg.remote.port).toBe(socket.localPort);
        fixture.engine.close(leg, 'rst');
      }
    });

    it('lets new clients wait at the limit, and serves them first come first served', async () => {
      const fixture = await open();
      const accepted = { 'in a waiting room': 2, "in the kernel's queue": 0 };
      fixture.setRoom('full');
      const first = await fixture.connect();
      await first.send('first');
      const second = await fixture.connect();
      await second.send('second');
      await until(() => fixture.engine.waiting === accepted[engine.incomingWait], 'them to wait');
      expect(fixture.legs.size).toBe(0);
      fixture.setRoom('free');
      fixture.engine.admitWaiting();
      for (const [peer, text] of [
        [first, 'first'],
        [second, 'second'],
      ] as const) {
        const leg = await fixture.legs.next();
        expect(leg.remote.port).toBe(peer.socket.localPort);
        const { target } = await fixture.join(leg);
        await target.has(text.length);
        expect(target.text).toBe(text);
      }
      expect(fixture.engine.waiting).toBe(0);
    });
  });

  describe(`${engine.name}: descriptors`, () => {
    it('opens and closes 1,000 sessions and leaves none behind', async () => {
      const fixture = await open();
      const before = descriptors();
      for (let batch = 0; batch < 20; batch++) {
        const sessions = await Promise.all(Array.from({ length: 50 }, () => fixture.connect()));
        for (const [index, client] of sessions.entries()) {
          const { target, relay } = await fixture.join(await fixture.legs.next(), longTimeouts);
          // Every ending in turn: a clean one, each reset, an immediate close, a kill.
          if (index % 5 === 0) client.finish();
          else if (index % 5 === 1) client.reset();
          else if (index % 5 === 2) target.reset();
          else if (index % 5 === 3) client.socket.destroy();
          else relay.kill('killed');
          if (index % 5 === 0 || index % 5 === 3) target.finish();
          await relay.done;
          await target.closed;
        }
        for (const client of sessions) client.socket.destroy();
        await Promise.all(sessions.map((client) => client.closed));
      }
      await until(() => descriptors() <= before, 'all descriptors to be closed');
    });
  });
}
