import { connect } from 'node:net';
import { expect, it } from 'vitest';
import type { Ip } from '../../src/base/ip.ts';
import { Admission, GlobalScope } from '../../src/policy/admission.ts';
import { LoopLimit } from '../../src/policy/loop-limit.ts';
import { QuickEnds } from '../../src/policy/quick-ends.ts';
import { writeProxyHeader } from '../../src/proxy-protocol/write-proxy-header.ts';
import { Peer, TargetServer, until } from '../contract/peer.ts';
import { plannedRules } from '../helpers/planned.ts';
import { closedPort } from './closed-port.ts';
import { SessionFixture, startPeer } from './session-fixture.ts';

/** As `LoopLimit`, but loopback is no exception: clients and targets of these tests are there. */
class LoopbackToo extends LoopLimit {
  constructor(most: number) {
    super(most, () => false);
  }

  override mayLoop(client: Ip, target: Ip | undefined): boolean {
    return client === target;
  }
}

it('a possible loop takes a place, until its target answers; without a place it is reset and counted', async () => {
  const loops = new LoopbackToo(2);
  const fixture = new SessionFixture({ loops });
  const server = await TargetServer.open();
  const port = await fixture.listen({ host: '127.0.0.1', port: server.port });
  startPeer(port);
  const first = await server.peers.next();
  startPeer(port);
  await server.peers.next();
  expect(loops.taken).toBe(2);
  expect(await startPeer(port).ending).toBe('reset');
  expect(fixture.denied).toEqual(['possible loop']);
  expect(fixture.records.size).toBe(0);
  first.socket.write('hello');
  await until(() => fixture.context.table.snapshots().some(({ bytesToClient }) => bytesToClient === 5), 'the answer');
  startPeer(port);
  await server.peers.next();
  expect(fixture.denied).toHaveLength(1);
});

it('keeps its place for a while when it ends without an answer', async () => {
  const loops = new LoopbackToo(1);
  const fixture = new SessionFixture({ loops });
  const server = await TargetServer.open();
  const port = await fixture.listen({ host: '127.0.0.1', port: server.port });
  const client = startPeer(port);
  await server.peers.next();
  client.reset();
  expect((await fixture.records.next()).reason).toBe('client reset');
  expect(loops.taken).toBe(1);
  expect(await startPeer(port).ending).toBe('reset');
  expect(fixture.denied).toEqual(['possible loop']);
});

it('gives its place back at once where no target was reached', async () => {
  const loops = new LoopbackToo(1);
  const fixture = new SessionFixture({ loops });
  const port = await fixture.listen({ host: '127.0.0.1', port: await closedPort() });
  for (let client = 0; client < 3; client += 1) {
    startPeer(port);
    expect((await fixture.records.next()).reason).toBe('refused');
  }
  expect([loops.taken, fixture.denied]).toEqual([0, []]);
});

it('is found where a name leads to the client itself', async () => {
  const loops = new LoopbackToo(1);
  const fixture = new SessionFixture({ loops, lookup: () => Promise.resolve([{ address: '127.0.0.1' }]) });
  const server = await TargetServer.open();
  const port = await fixture.listen({ host: 'name.test', port: server.port });
  startPeer(port);
  await server.peers.next();
  await until(() => loops.taken === 1, 'the place taken');
  const second = startPeer(port);
  expect(await second.ending).toBe('reset');
  expect((await fixture.records.next()).reason).toBe('limit');
  expect(fixture.denied).toEqual(['possible loop']);
});

it.each(['127.0.0.1', 'name.test'])(
  'is found by the address that connected, not by the PROXY header, which a loop passes on: the target is %s',
  async (host) => {
    const loops = new LoopbackToo(1);
    const lookup = () => Promise.resolve([{ address: '127.0.0.1' }]);
    const admission = new Admission(plannedRules({ acceptProxyFrom: ['127.0.0.0/8'] }), new GlobalScope({}));
    const fixture = new SessionFixture({ loops, lookup, admission });
    const server = await TargetServer.open();
    const port = await fixture.listen({ host, port: server.port });
    const header = writeProxyHeader('v2', { ip: 0xc000_0207, port: 4711 }, { ip: 0xc633_6401, port: 443 });
    const [first, second] = [startPeer(port), startPeer(port)];
    await first.send(header);
    await server.peers.next();
    await until(() => loops.taken === 1, 'the place taken');
    await second.send(header);
    expect(await second.ending).toBe('reset');
    expect((await fixture.records.next()).reason).toBe('limit');
    expect(fixture.denied).toEqual(['possible loop']);
  },
);

it('is found by sessions of one address that end one right after the other, without an answer', async () => {
  const fixture = new SessionFixture({ quickEnds: new QuickEnds(3, () => false) });
  const server = await TargetServer.open();
  const port = await fixture.listen({ host: '127.0.0.1', port: server.port });
  const session = async (answer: 'an answer' | 'no answer'): Promise<void> => {
    const client = startPeer(port);
    const target = await server.peers.next();
    if (answer === 'an answer') {
      await target.send('hello');
      await client.has(5);
    }
    client.reset();
    await fixture.records.next();
  };
  for (let count = 0; count < 10; count += 1) await session('an answer');
  for (let count = 0; count < 3; count += 1) await session('no answer');
  expect(await startPeer(port).ending).toBe('reset');
  expect(fixture.denied).toEqual(['possible loop']);
});

it('takes no place where client and target are two hosts', async () => {
  const loops = new LoopbackToo(1);
  const fixture = new SessionFixture({ loops });
  const server = await TargetServer.open();
  const port = await fixture.listen({ host: '127.0.0.1', port: server.port });
  for (let client = 0; client < 3; client += 1) {
    new Peer(connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }));
    await server.peers.next();
  }
  expect(loops.taken).toBe(0);
});
