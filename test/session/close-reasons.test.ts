import { describe, expect, it } from 'vitest';
import type { Dial } from '../../src/engine/engine.ts';
import { StreamEngine } from '../../src/engine/stream/stream-engine.ts';
import { Pool } from '../../src/upstream/pool.ts';
import { openBlackHole } from '../contract/black-hole.ts';
import { type Peer, TargetServer, until } from '../contract/peer.ts';
import { plannedPool, plannedTarget } from '../helpers/planned.ts';
import { within } from '../helpers/until.ts';
import { closedPort } from './closed-port.ts';
import { SessionFixture, startPeer } from './session-fixture.ts';

const unreachable = { host: '127.255.255.255', port: 80 };
const name = { host: 'host.test', port: 80 };

/** Never settles. */
const silence = new Promise<never>(() => {});

describe('a session that was relayed ends as', () => {
  it.each(['client', 'target'] as const)('%s closed, after the leg whose FIN came first', async (first) => {
    const fixture = new SessionFixture();
    const session = await fixture.session();
    const [one, other] = first === 'client' ? [session.client, session.target] : [session.target, session.client];
    one.finish();
    expect(await other.ending).toBe('end');
    other.finish();
    expect(await one.ending).toBe('end');
    expect(await fixture.records.next()).toMatchObject({ reason: `${first} closed`, error: undefined });
  });

  it.each(['client', 'target'] as const)('%s reset', async (first) => {
    const fixture = new SessionFixture();
    const session = await fixture.session();
    const [one, other] = first === 'client' ? [session.client, session.target] : [session.target, session.client];
    one.reset();
    expect(await other.ending).toBe('reset');
    expect((await fixture.records.next()).reason).toBe(`${first} reset`);
  });

  it('idle', async () => {
    const fixture = new SessionFixture({ timeouts: { idle: 100 } });
    const { client, target } = await fixture.session();
    expect((await fixture.records.next()).reason).toBe('idle');
    expect(await Promise.all([client.ending, target.ending])).toEqual(['reset', 'reset']);
  });

  it('half-closed too long', async () => {
    const fixture = new SessionFixture({ timeouts: { halfClosed: 100 } });
    const { client, target } = await fixture.session();
    target.finish();
    expect(await client.ending).toBe('end');
    expect((await fixture.records.next()).reason).toBe('half-closed too long');
    await target.closed;
  });

  it.each(['drained', 'killed'] as const)('%s, and the first cause wins', async (reason) => {
    const fixture = new SessionFixture();
    const { client, target } = await fixture.session();
    fixture.context.table.killAll(reason);
    fixture.context.table.killAll(reason === 'killed' ? 'drained' : 'killed');
    client.reset();
    expect((await fixture.records.next()).reason).toBe(reason);
    expect(await target.ending).toBe('reset');
  });
});

describe('a session whose target is not reached resets its client, and ends as', () => {
  const expectFailure = async (fixture: SessionFixture, client: Peer): Promise<void> => {
    expect(await client.ending).toBe('reset');
    expect(client.received).toBe(0);
    expect(fixture.context.table.size).toBe(0);
  };

  it('refused, with the error behind it', async () => {
    const fixture = new SessionFixture();
    const client = await fixture.connect({ host: '127.0.0.1', port: await closedPort() });
    expect(await fixture.records.next()).toMatchObject({
      reason: 'refused',
      error: { code: 'ECONNREFUSED' },
      dialTime: undefined,
      bytesToTarget: 0,
      bytesToClient: 0,
    });
    await expectFailure(fixture, client);
  });

  it('unreachable', async () => {
    const fixture = new SessionFixture();
    const client = await fixture.connect(unreachable);
    expect(await fixture.records.next()).toMatchObject({ reason: 'unreachable', error: { code: 'ENETUNREACH' } });
    await expectFailure(fixture, client);
  });

  it.each([
    ['the lookup finds no such name', () => Promise.reject(new Error('ENOTFOUND'))],
    ['the name has no address', () => Promise.resolve([])],
  ])('lookup failed, when %s', async (_, lookup) => {
    const fixture = new SessionFixture({ lookup });
    const client = await fixture.connect(name);
    expect(await fixture.records.next()).toMatchObject({ reason: 'lookup failed', target: 'host.test:80' });
    await expectFailure(fixture, client);
  });

  it('lookup timed out, when no name server answers', async () => {
    const fixture = new SessionFixture({ lookup: () => new Promise(() => {}), timeouts: { dial: 150 } });
    const client = await fixture.connect(name);
    const record = await fixture.records.next();
    const error = { message: expect.stringContaining('no answer from a name server within 150 ms') };
    expect(record).toMatchObject({ reason: 'lookup timed out', target: 'host.test:80', error });
    expect(record.duration).toBeGreaterThanOrEqual(149);
    await expectFailure(fixture, client);
  });

  it('dial timed out, when the target does not answer', async () => {
    const fixture = new SessionFixture({ timeouts: { dial: 150 } });
    const client = await fixture.connect({ host: '127.0.0.1', port: await openBlackHole() });
    const record = await fixture.records.next();
    expect(record.reason).toBe('dial timed out');
    expect(record.duration).toBeGreaterThanOrEqual(150);
    await expectFailure(fixture, client);
  });
});

describe('a session that is being dialed', () => {
  it.each(['its target', 'its lookup'])(
    'ends as client reset when %s is silent and the client resets',
    async (what) => {
      const engine = new DialCounter({ waitingRoom: 8 });
      const fixture = new SessionFixture({ engine, lookup: () => silence });
      const client = await fixture.connect(
        what === 'its lookup' ? name : { host: '127.0.0.1', port: await openBlackHole() },
      );
      await until(() => fixture.context.table.size === 1, 'the session');
      client.reset();
      expect(await fixture.records.next()).toMatchObject({ reason: 'client reset', dialTime: undefined });
      expect(fixture.context.table.size).toBe(0);
      expect(engine.open).toBe(0);
    },
  );

  it('ends as killed, its client reset, and no dial is left', async () => {
    const engine = new DialCounter({ waitingRoom: 8 });
    const fixture = new SessionFixture({ engine });
    const client = await fixture.connect({ host: '127.0.0.1', port: await openBlackHole() });
    await until(() => engine.open === 1, 'the dial');
    fixture.context.table.killAll('killed');
    fixture.context.table.killAll('drained');
    expect((await fixture.records.next()).reason).toBe('killed');
    expect(await client.ending).toBe('reset');
    expect(engine.open).toBe(0);
  });
});

describe('a bug in the engine', () => {
  it.each(['dial', 'relay'] as const)('ends that session alone as internal when it is in %s', async (where) => {
    const engine = new ThrowingEngine({ waitingRoom: 8 });
    const fixture = new SessionFixture({ engine });
    const healthy = await fixture.session();
    const server = await TargetServer.open();
    const port = await fixture.listen({ host: '127.0.0.1', port: server.port });
    engine.throwsIn = where;
    const client = startPeer(port);
    expect(await fixture.records.next()).toMatchObject({ reason: 'internal', error: { message: `a bug in ${where}` } });
    expect(await client.ending).toBe('reset');
    await healthy.client.send('alive');
    await healthy.target.has(5);
    expect(fixture.context.table.size).toBe(1);
  });

  it('is reported with its session, also to an observer that wants no other record', async () => {
    const engine = new ThrowingEngine({ waitingRoom: 8 });
    const fixture = new SessionFixture({ engine });
    Object.assign(fixture.context.observer, { wants: 'bugs' });
    const healthy = await fixture.session();
    healthy.client.reset();
    await fixture.context.table.empty();
    expect(fixture.records.size).toBe(0);
    engine.throwsIn = 'dial';
    await fixture.connect({ host: '127.0.0.1', port: 9 });
    const client = expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/);
    expect(await fixture.records.next()).toMatchObject({ reason: 'internal', client });
  });

  it('ends a client alone as internal when it comes before there is a session', async () => {
    const fixture = new SessionFixture();
    const healthy = await fixture.session();
    const pool = new Pool(plannedPool([plannedTarget(9)]));
    pool.pick = () => {
      throw new Error('a bug in pick');
    };
    const client = startPeer(await fixture.listenFor(pool));
    expect(await fixture.records.next()).toMatchObject({ reason: 'internal', error: { message: 'a bug in pick' } });
    expect(await client.ending).toBe('reset');
    await healthy.client.send('alive');
    await healthy.target.has(5);
    expect(fixture.context.table.size).toBe(1);
  });

  it('leaves no target leg open when it is in relay', async () => {
    const engine = new ThrowingEngine({ waitingRoom: 8 });
    engine.throwsIn = 'relay';
    const fixture = new SessionFixture({ engine });
    const server = await TargetServer.open();
    await fixture.connect({ host: '127.0.0.1', port: server.port });
    const target = await server.peers.next();
    expect((await fixture.records.next()).reason).toBe('internal');
    expect(await within('the end of the target leg', target.ending, 1000)).toBe('reset');
  });
});

/** Counts the dials whose outcome is not known yet. */
class DialCounter extends StreamEngine {
  open = 0;

  override dial(...args: Parameters<StreamEngine['dial']>): Dial {
    const dial = super.dial(...args);
    this.open += 1;
    void dial.done.then(() => {
      this.open -= 1;
    });
    return dial;
  }
}

class ThrowingEngine extends StreamEngine {
  throwsIn: 'dial' | 'relay' | 'nothing' = 'nothing';

  override dial(...args: Parameters<StreamEngine['dial']>): ReturnType<StreamEngine['dial']> {
    if (this.throwsIn === 'dial') throw new Error('a bug in dial');
    return super.dial(...args);
  }

  override relay(...args: Parameters<StreamEngine['relay']>): ReturnType<StreamEngine['relay']> {
    if (this.throwsIn === 'relay') throw new Error('a bug in relay');
    return super.relay(...args);
  }
}
