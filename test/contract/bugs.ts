import { readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Leg, Relay } from '../../src/engine/engine.ts';
import { EngineFixture, type JoinedSession, longTimeouts } from './engine-fixture.ts';
import { type EngineUnderTest, mib } from './engine-under-test.ts';
import { type Peer, payload, until } from './peer.ts';

/** Open sockets of this process: the engine's, and those of both ends. Pipes are kept for the next direction. */
function sockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

const bug = new Error('a bug');
const boom = (): never => {
  throw bug;
};

/** Has a part of the engine throw wherever one of `methods` is called, whichever of them it has. */
function sabotage(part: object, ...methods: string[]): void {
  for (const method of methods) if (method in part) Object.assign(part, { [method]: boom });
}

/** As `sabotage`, at the first byte that moves from now on. */
function sabotageBytes(relay: Relay): void {
  Object.defineProperty(relay, 'active', { get: () => false, set: boom });
}

/** 8 MiB each way and a clean end, begun now. */
async function unharmed({ client, target, relay }: JoinedSession): Promise<void> {
  const send = async (peer: Peer, data: Buffer): Promise<void> => {
    await peer.send(data);
    peer.finish();
  };
  const [up, down] = [payload(8 * mib), payload(8 * mib)];
  await Promise.all([send(client, up.data), send(target, down.data)]);
  expect(await Promise.all([client.ending, target.ending])).toEqual(['end', 'end']);
  expect([target.digest(), client.digest()]).toEqual([up.digest, down.digest]);
  expect(await relay.done).toMatch(/^(client|target) closed$/);
}

/** What has to happen in the faulty session until the bug shows. */
const causes: Readonly<Record<string, (session: JoinedSession) => void>> = {
  'bytes come': ({ client, relay }) => {
    sabotageBytes(relay);
    client.socket.write('x');
  },
  'bytes that were held are taken': ({ client, target, relay }) => {
    target.socket.pause();
    void client.send(payload(32 * mib).data).catch(() => {});
    void until(() => relay.heldToTarget > 0, 'bytes to be held').then(() => {
      sabotageBytes(relay);
      target.socket.resume();
    });
  },
  'a FIN comes': ({ target, relay }) => {
    sabotage(relay, 'ended');
    target.finish();
  },
  'a FIN is passed on': ({ client, relay }) => {
    sabotage(relay, 'finished');
    client.finish();
  },
  'a reset comes': ({ client, relay }) => {
    sabotage(relay, 'legReset');
    client.reset();
  },
  'deadlines are looked at': ({ relay }) => sabotage(relay, 'sweep'),
};

/** An exception in the engine's own code. An uncaught one would fail the run. */
export function describeBugs(engine: EngineUnderTest): void {
  const open = (): Promise<EngineFixture> => EngineFixture.open(engine.create({ waitingRoom: 8 }));

  describe(`${engine.name}: a bug`, () => {
    it.each(Object.entries(causes))('when %s ends that session as internal, and no other', async (_, bringAbout) => {
      const fixture = await open();
      const before = sockets();
      const faulty = await fixture.session({ ...longTimeouts, idle: 10_000 });
      const neighbour = unharmed(await fixture.session());
      bringAbout(faulty);
      expect(await faulty.relay.done).toBe('internal');
      expect(faulty.relay.error).toBe(bug);
      expect(faulty.relay.state).toBe('closed');
      await neighbour;
      await unharmed(await fixture.session());
      faulty.target.socket.resume();
      expect(await Promise.all([faulty.client.ending, faulty.target.ending])).toEqual(['reset', 'reset']);
      await until(() => sockets() <= before, 'the descriptors to be closed');
    });

    it.each(['client', 'target'] as const)('in the reset of the %s still closes both', async (whose) => {
      const fixture = await open();
      const before = sockets();
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      const [target, dialed] = await Promise.all([fixture.target.peers.next(), fixture.dial()]);
      if (!dialed.ok) throw new Error(dialed.reason);
      const relay = fixture.engine.relay(leg, dialed.leg, longTimeouts);
      sabotage(whose === 'client' ? leg : dialed.leg, 'reset');
      relay.kill('drained');
      expect(await relay.done).toBe('internal');
      expect(relay.error).toBe(bug);
      await Promise.all([client.ending, target.ending]);
      for (const { socket } of [client, target]) socket.destroy();
      await until(() => sockets() <= before, 'the descriptors to be closed');
    });

    it('while the legs are released at the end is an outcome of the relay', async () => {
      const fixture = await open();
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      const { relay } = await fixture.join(leg);
      sabotage(leg, 'forget');
      client.reset();
      expect(await relay.done).toBe('internal');
      expect(relay.error).toBe(bug);
    });

    it('in the first bytes of a relay is an outcome of it', async () => {
      const fixture = await open();
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      sabotage(leg, 'attach', 'takeUnread');
      const { target, relay } = await fixture.join(leg);
      expect(await relay.done).toBe('internal');
      expect(relay.error).toBe(bug);
      expect(await Promise.all([client.ending, target.ending])).toEqual(['reset', 'reset']);
    });

    it.each([
      ['is connected', 'ready', 'connected'],
      ['is looked at', 'sweep'],
    ])('while a dial %s rejects it, and leaves no descriptor', async (_, ...methods) => {
      const fixture = await open();
      const before = sockets();
      const neighbour = unharmed(await fixture.session());
      const { port } = fixture.target;
      const dial = fixture.engine.dial({ address: '127.0.0.1', port }, { timeout: 1000 });
      // So that it is still under way when its deadline is looked at.
      if (methods.includes('sweep')) sabotageDial(dial);
      sabotage(dial, ...methods);
      await expect(dial.done).rejects.toBe(bug);
      dial.cancel();
      await neighbour;
      const peer = await fixture.target.peers.next();
      peer.socket.destroy();
      await until(() => sockets() <= before, 'the descriptors to be closed');
    });

    it.each(['bytes', 'end', 'sweep'])(
      'while a head is read (%s) rejects it; the leg can be closed',
      async (method) => {
        const fixture = await open();
        const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
        const reading = fixture.engine.head(leg, { most: 100, timeout: 800, enough: () => 'more' });
        sabotage(reading, method);
        if (method === 'end') client.finish();
        else if (method === 'bytes') client.socket.write('x');
        await expect(reading.done).rejects.toBe(bug);
        fixture.engine.close(leg, 'rst');
        expect(await client.ending).toBe('reset');
        await unharmed(await fixture.session());
      },
    );

    it('with a leg that is not in use yet closes it, is reported, and is the outcome of a relay', async () => {
      const fixture = await open();
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      let resets = 0;
      leg.onReset = () => {
        resets += 1;
      };
      sabotageLeg(leg);
      client.socket.write('x');
      expect(await client.ending).toBe('reset');
      expect([resets, leg.isReset, leg.bug]).toEqual([1, true, bug]);
      const { target, relay } = await fixture.join(leg);
      expect(await relay.done).toBe('internal');
      expect(relay.error).toBe(bug);
      expect(await target.ending).toBe('reset');
      fixture.engine.close(leg, 'rst');
    });
  });
}

/** Makes it miss the event that it is connected. */
function sabotageDial(dial: object): void {
  for (const method of ['ready', 'connected']) if (method in dial) Object.assign(dial, { [method]: () => {} });
}

/** The handler of its input throws, in either engine. */
function sabotageLeg(leg: Leg): void {
  sabotage(leg, 'ready', 'bytes');
}
