import { readdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { openBlackHole } from './black-hole.ts';
import { digestOf, type Peer, payload, unsent, until } from './peer.ts';
import { type JoinedSession, longTimeouts, Rig } from './rig.ts';

const mib = 1024 * 1024;
const heldLimit = 256 * 1024;
const descriptors = (): number => readdirSync('/proc/self/fd').length;

export interface EngineUnderTest {
  readonly name: string;
  create(options: { readonly waitingRoom: number }): Engine;
  /**
   * What is left unread in a leg's kernel socket when a write to that leg finds it reset: `kept` is read and passed
   * on; `lost` where Node destroys the socket.
   */
  readonly inputAfterFailedWrite: 'kept' | 'lost';
  /** Where newcomers wait at the limit. */
  readonly newcomersWait: 'in a waiting room' | "in the kernel's queue";
}

/**
 * Sends from the target to a client that does not read, until nothing moves any more: then there are bytes in every
 * buffer on the way. Those still in the target's own send queue would die with a reset; what was acknowledged must
 * arrive.
 */
async function clog({ client, target, relay }: JoinedSession): Promise<{ sent: Buffer; acknowledged: number }> {
  client.socket.pause();
  const { data } = payload(64 * mib);
  const chunk = 64 * 1024;
  let offset = 0;
  while (relay.heldToClient === 0 || target.socket.writableLength === 0 || unsent(target.socket) === 0) {
    if (target.socket.writableLength < chunk) {
      void target.send(data.subarray(offset, offset + chunk)).catch(() => {});
      offset += chunk;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { sent: data, acknowledged: offset - target.socket.writableLength - unsent(target.socket) };
}

/** What every engine must do, on real sockets. */
export function describeEngine(engine: EngineUnderTest): void {
  const open = (waitingRoom = 8): Promise<Rig> => Rig.open(engine.create({ waitingRoom }));

  describe(`${engine.name}: bytes`, () => {
    it('delivers 64 MiB each way at once, to the last byte', async () => {
      const { client, target, relay } = await (await open()).session();
      const up = payload(64 * mib);
      const down = payload(64 * mib);
      const send = async (peer: Peer, data: Buffer): Promise<void> => {
        await peer.send(data);
        peer.finish();
      };
      await Promise.all([send(client, up.data), send(target, down.data)]);
      expect(await Promise.all([client.ending, target.ending])).toEqual(['end', 'end']);
      expect([target.digest(), client.digest()]).toEqual([up.digest, down.digest]);
      expect(['client closed', 'target closed']).toContain(await relay.done);
      expect([relay.bytesToTarget, relay.bytesToClient]).toEqual([64 * mib, 64 * mib]);
      expect([relay.heldToTarget, relay.heldToClient]).toEqual([0, 0]);
    });

    it('carries single bytes to and fro', async () => {
      const { client, target, relay } = await (await open()).session();
      target.socket.on('data', (chunk) => target.socket.write(chunk));
      for (let round = 1; round <= 500; round++) {
        client.socket.write('x');
        await client.has(round);
      }
      client.finish();
      expect(await target.ending).toBe('end');
      target.finish();
      expect(await client.ending).toBe('end');
      expect(await relay.done).toBe('client closed');
      expect([relay.bytesToTarget, relay.bytesToClient]).toEqual([500, 500]);
    });

    it.each(['client', 'target'] as const)(
      'passes a half-close of the %s on, and all that comes the other way after it',
      async (first) => {
        const { client, target, relay } = await (await open()).session();
        const [one, other] = first === 'client' ? [client, target] : [target, client];
        const asked = payload(300_000);
        const answered = payload(8 * mib);
        await one.send(asked.data);
        one.finish();
        expect(await other.ending).toBe('end');
        expect(other.digest()).toBe(asked.digest);
        expect(relay.state).toBe('half-closed');
        await other.send(answered.data);
        other.finish();
        expect(await one.ending).toBe('end');
        expect(one.digest()).toBe(answered.digest);
        expect(await relay.done).toBe(`${first} closed`);
      },
    );

    it.each(['target', 'client'] as const)(
      'holds a bounded number of bytes for a %s that does not read',
      async (slow) => {
        const { client, target, relay } = await (await open()).session();
        const [sender, reader] = slow === 'target' ? [client, target] : [target, client];
        const held = (): number => (slow === 'target' ? relay.heldToTarget : relay.heldToClient);
        const moved = (): number => (slow === 'target' ? relay.bytesToTarget : relay.bytesToClient);
        reader.socket.pause();
        const sent = payload(64 * mib);
        let highest = 0;
        const watch = setInterval(() => {
          highest = Math.max(highest, held());
        }, 1);
        onTestFinished(() => clearInterval(watch));
        const done = sender.send(sent.data);
        let last = -1;
        let quiet = 0;
        // Stuck: bytes are held, and a while has brought no more through.
        await until(() => {
          quiet = moved() === last && held() > 0 ? quiet + 1 : 0;
          last = moved();
          return quiet > 40;
        }, 'the session to be stuck');
        expect(held()).toBeGreaterThan(0);
        expect(moved()).toBeLessThan(64 * mib);
        reader.socket.resume();
        await done;
        sender.finish();
        expect(await reader.ending).toBe('end');
        expect(reader.digest()).toBe(sent.digest);
        expect(highest).toBeLessThanOrEqual(heldLimit);
      },
    );

    it('delivers what a client sent and finished before the target was dialed', async () => {
      const rig = await open();
      const [client, leg] = await Promise.all([rig.connect(), rig.legs.next()]);
      const early = payload(1 * mib);
      const sent = client.send(early.data).then(() => client.finish());
      await until(
        () => unsent(client.socket) > 0 || client.socket.writableLength > 0 || client.socket.writableEnded,
        'bytes to leave',
      );
      const { target, relay } = await rig.join(leg);
      await sent;
      expect(await target.ending).toBe('end');
      expect(target.digest()).toBe(early.digest);
      target.socket.end('bye');
      expect(await client.ending).toBe('end');
      expect(client.text).toBe('bye');
      expect(await relay.done).toBe('client closed');
    });

    it('takes a FIN that comes while dialing for a half-close', async () => {
      const rig = await open();
      const [client, leg] = await Promise.all([rig.connect(), rig.legs.next()]);
      client.socket.end('question');
      await until(() => unsent(client.socket) === 0, 'the FIN to be acknowledged');
      const { target } = await rig.join(leg);
      expect(await target.ending).toBe('end');
      expect(target.text).toBe('question');
      target.socket.end('answer');
      expect(await client.ending).toBe('end');
      expect(client.text).toBe('answer');
    });
  });

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
      'tells bytes and a reset of the %s in one turn from an end',
      async (first) => {
        const { client, target, relay } = await (await open()).session();
        const [one, other] = first === 'client' ? [client, target] : [target, client];
        one.socket.write('last words');
        one.reset();
        expect(await other.ending).toBe('reset');
        expect(await relay.done).toBe(`${first} reset`);
        expect(other.text).toBe('last words');
      },
    );

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
      const { sent, acknowledged } = await clog(session);
      session.target.reset();
      session.client.socket.resume();
      expect(await session.client.ending).toBe('reset');
      expect(session.client.received).toBeGreaterThanOrEqual(acknowledged);
      expect(session.client.digest()).toBe(digestOf(sent.subarray(0, session.client.received)));
      expect(await session.relay.done).toBe('target reset');
    });

    it(`finds a reset by writing; what was unread on that leg is ${engine.inputAfterFailedWrite}`, async () => {
      const session = await (await open()).session();
      const { sent, acknowledged } = await clog(session);
      session.target.reset();
      await session.client.send('to nobody');
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
      const rig = await open();
      const before = descriptors();
      const { client, target, relay } = await rig.session();
      client.finish();
      await until(() => relay.state === 'half-closed', 'the FIN to come');
      relay.kill('killed');
      expect(await relay.done).toBe('killed');
      client.socket.destroy();
      target.socket.destroy();
      await until(() => descriptors() <= before, 'the descriptors to be closed');
    });
  });

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

    it('reaches IPv6', async () => {
      const rig = await Rig.open(engine.create({ waitingRoom: 1 }), { address: '::', port: 0, dualStack: true });
      const [client, leg] = await Promise.all([rig.connect('::1'), rig.legs.next()]);
      expect(leg.remote).toEqual({ address: '::1', port: client.socket.localPort });
      const other = await Rig.open(engine.create({ waitingRoom: 1 }), { address: '::1', port: 0, dualStack: false });
      const dialed = await rig.dial(other.door.local.port, 5000, '::1');
      expect(dialed).toMatchObject({ ok: true, leg: { remote: { address: '::1', port: other.door.local.port } } });
      rig.engine.close(leg, 'rst');
      if (dialed.ok) rig.engine.close(dialed.leg, 'fin');
      const far = await other.legs.next();
      other.engine.close(far, 'rst');
    });
  });

  describe(`${engine.name}: time-outs`, () => {
    it('ends a session without a byte as idle, and not before', async () => {
      const { client, target, relay } = await (await open()).session({ ...longTimeouts, idle: 400 });
      const started = performance.now();
      for (let round = 1; round <= 8; round++) {
        await client.send('x');
        await target.has(round);
        await until(() => performance.now() - started > round * 100, 'the next byte to be due');
      }
      expect(relay.state).toBe('relaying');
      expect(await relay.done).toBe('idle');
      expect(performance.now() - started).toBeGreaterThan(1100);
      expect(await client.ending).toBe('reset');
      expect(await target.ending).toBe('reset');
    });

    it('ends a half-closed session without a byte, while a whole one lives', async () => {
      const rig = await open();
      const options = { ...longTimeouts, halfClosed: 200 };
      const whole = await rig.session(options);
      const half = await rig.session(options);
      half.client.finish();
      expect(await half.relay.done).toBe('half-closed too long');
      expect(await half.target.ending).toBe('end');
      expect(whole.relay.state).toBe('relaying');
    });

    it('lets a slow reader of a half-closed session read on while bytes are held for it', async () => {
      const { client, target, relay } = await (await open()).session({ ...longTimeouts, halfClosed: 150 });
      const answer = payload(32 * mib);
      client.socket.pause();
      client.finish();
      expect(await target.ending).toBe('end');
      const sent = target.send(answer.data).then(() => target.finish());
      await until(() => relay.heldToClient > 0, 'bytes to be held');
      const started = performance.now();
      await until(() => performance.now() - started > 600, 'four times the time-out to pass');
      client.socket.resume();
      await sent;
      expect(await client.ending).toBe('end');
      expect(client.digest()).toBe(answer.digest);
      expect(await relay.done).toBe('client closed');
    });

    it('takes a time-out of years', async () => {
      const { client, target, relay } = await (await open()).session({ ...longTimeouts, idle: 1e12, halfClosed: 1e12 });
      await client.send('x');
      await target.has(1);
      expect(relay.state).toBe('relaying');
    });
  });

  describe(`${engine.name}: doors`, () => {
    it('says which address is taken', async () => {
      const rig = await open();
      const taken = await rig.engine.listen(
        { ...rig.door.local, dualStack: false },
        { hasRoom: () => true, onClient: () => {} },
      );
      expect(taken).toMatchObject({ ok: false, code: 'EADDRINUSE' });
    });

    it('takes IPv4 and IPv6 through one dual-stack socket, and shows IPv4 peers as such', async () => {
      const rig = await Rig.open(engine.create({ waitingRoom: 1 }), { address: '::', port: 0, dualStack: true });
      for (const host of ['127.0.0.1', '::1']) {
        const [client, leg] = await Promise.all([rig.connect(host), rig.legs.next()]);
        expect(leg.remote).toEqual({ address: host, port: client.socket.localPort });
        rig.engine.close(leg, 'rst');
      }
    });

    it('refuses once closed, may be closed twice, and lets sessions live', async () => {
      const rig = await open();
      const { client, target } = await rig.session();
      rig.door.close();
      rig.door.close();
      await expect(rig.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await client.send('still here');
      await target.has(10);
      expect(target.text).toBe('still here');
    });

    it('lets newcomers wait at the limit, and serves them first come first served', async () => {
      const rig = await open();
      rig.setRoom('full');
      const first = await rig.connect();
      await first.send('first');
      const second = await rig.connect();
      await second.send('second');
      if (engine.newcomersWait === 'in a waiting room') await until(() => rig.engine.waiting === 2, 'both to wait');
      expect(rig.legs.size).toBe(0);
      rig.setRoom('free');
      rig.engine.admitWaiting();
      for (const [peer, words] of [
        [first, 'first'],
        [second, 'second'],
      ] as const) {
        const leg = await rig.legs.next();
        expect(leg.remote.port).toBe(peer.socket.localPort);
        const { target } = await rig.join(leg);
        await target.has(words.length);
        expect(target.text).toBe(words);
      }
      expect(rig.engine.waiting).toBe(0);
    });
  });

  describe(`${engine.name}: descriptors`, () => {
    it('opens and closes 1,000 sessions and leaves none behind', async () => {
      const rig = await open();
      const before = descriptors();
      for (let batch = 0; batch < 20; batch++) {
        const sessions = await Promise.all(Array.from({ length: 50 }, () => rig.connect()));
        for (const [index, client] of sessions.entries()) {
          const { target, relay } = await rig.join(await rig.legs.next(), longTimeouts);
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
