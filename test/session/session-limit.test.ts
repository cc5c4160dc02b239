import { expect, it } from 'vitest';
import { emptyLoad } from '../../src/policy/session-limit.ts';
import { type Peer, TargetServer, until } from '../contract/peer.ts';
import { SessionFixture, startPeer } from './session-fixture.ts';

/** One greeting target behind two listeners. */
async function openTwoAcceptors(limits: { sessions: number; perListener: number }) {
  const fixture = new SessionFixture({ limits });
  const server = await TargetServer.open();
  server.server.on('connection', (socket) => socket.write('hello'));
  const target = { host: '127.0.0.1', port: server.port };
  return {
    fixture,
    server,
    one: await fixture.listen(target, { key: 'one' }),
    other: await fixture.listen(target, { key: 'other' }),
  };
}

async function served(port: number): Promise<Peer> {
  const peer = startPeer(port);
  await peer.has(5);
  return peer;
}

async function waits(fixture: SessionFixture, port: number): Promise<Peer> {
  const before = fixture.context.engine.waiting;
  const peer = startPeer(port);
  await until(() => fixture.context.engine.waiting === before + 1, 'the client to wait');
  return peer;
}

it('lets clients beyond all sessions wait, at any listener, and admits one for each that leaves', async () => {
  const { fixture, server, one, other } = await openTwoAcceptors({ sessions: 2, perListener: 2 });
  const [first, second] = [await served(one), await served(other)];
  const [third, fourth] = [await waits(fixture, other), await waits(fixture, one)];
  expect(fixture.context.table.size).toBe(2);
  first.reset();
  await third.has(5);
  expect([fourth.received, fixture.context.engine.waiting]).toEqual([0, 1]);
  second.reset();
  await fourth.has(5);
  expect([fixture.context.table.size, fixture.context.engine.waiting]).toEqual([2, 0]);
  // Four sessions were dialed: none for a client that waited.
  expect([server.peers.size, fixture.opened.length]).toEqual([4, 4]);
});

it('admits first come first served, whichever the listener', async () => {
  const { fixture, one, other } = await openTwoAcceptors({ sessions: 1, perListener: 1 });
  let holder = await served(one);
  const order: Peer[] = [];
  for (const port of [other, one, other, other, one]) order.push(await waits(fixture, port));
  for (const [index, next] of order.entries()) {
    holder.reset();
    await next.has(5);
    expect(order.filter(({ received }) => received > 0)).toHaveLength(index + 1);
    holder = next;
  }
  expect(fixture.opened.map(({ listener }) => listener)).toEqual(['one', 'other', 'one', 'other', 'other', 'one']);
});

it('makes the clients of a full listener wait alone, while another one serves', async () => {
  const { fixture, one, other } = await openTwoAcceptors({ sessions: 10, perListener: 1 });
  const holder = await served(one);
  const alone = await waits(fixture, one);
  for (let round = 0; round < 3; round++) {
    const client = await served(other);
    client.reset();
    await fixture.records.next();
  }
  expect(alone.received).toBe(0);
  holder.reset();
  await alone.has(5);
});

it('frees room when a session ends without having reached its target', async () => {
  const fixture = new SessionFixture({ limits: { sessions: 1, perListener: 1 } });
  const port = await fixture.listen({ host: '127.255.255.255', port: 80 });
  const clients = Array.from({ length: 5 }, () => startPeer(port));
  for (const client of clients) {
    expect(await client.ending).toBe('reset');
    expect((await fixture.records.next()).reason).toBe('unreachable');
  }
  expect(fixture.context.table.size).toBe(0);
  expect(fixture.context.limit.room(emptyLoad(1), () => 0)).toBe('free');
});

it('does not dial for a client that left while it waited', async () => {
  const { fixture, server, one } = await openTwoAcceptors({ sessions: 1, perListener: 1 });
  const holder = await served(one);
  const leaver = await waits(fixture, one);
  leaver.reset();
  await until(() => fixture.context.engine.waiting === 0, 'the client to be dropped');
  holder.reset();
  await fixture.records.next();
  await served(one);
  expect([server.peers.size, fixture.opened.length]).toEqual([2, 2]);
});
