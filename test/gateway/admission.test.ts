import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { connectPeer, Peer, TargetServer } from '../contract/peer.ts';
import { plannedTarget } from '../helpers/planned.ts';
import { until } from '../helpers/until.ts';
import { gatewayAddress, type OneListener, startOne, testedEngine } from './gateway-fixture.ts';

/** A client from an address of its own: all of 127.0.0.0/8 answers. */
function clientFrom(localAddress: string, port: number): Peer {
  return new Peer(connect({ port, host: gatewayAddress, localAddress, allowHalfOpen: true }));
}

/** Connects; resolves at the first byte of the target. `server` greets every client. */
async function served(gateway: OneListener, from: string): Promise<Peer> {
  const peer = clientFrom(from, gateway.port);
  await peer.has(5);
  return peer;
}

async function greeter(): Promise<TargetServer> {
  const server = await TargetServer.open();
  server.server.on('connection', (socket) => socket.write('hello'));
  return server;
}

it('resets denied clients, dials nothing for them, counts them, and makes no session of them', async () => {
  const server = await greeter();
  const one = await startOne([plannedTarget(server.port)], {
    access: { allow: ['127.0.0.0/8'], deny: ['127.0.9.0/24'] },
  });
  for (let client = 0; client < 3; client += 1) expect(await clientFrom('127.0.9.7', one.port).ending).toBe('reset');
  await served(one, '127.0.8.7');
  expect(one.gateway.denials()).toEqual([{ rules: 'forward one', denial: 'address', clients: 3 }]);
  expect([server.peers.size, one.gateway.sessions().length, one.records.size]).toEqual([1, 1, 0]);
  // The first at once, the others with the next line.
  const lines = one.logged.filter(({ reason }) => reason === 'denied');
  expect(lines).toMatchObject([{ level: 40, clients: 1, cause: 'address' }]);
  await one.gateway.close();
  expect(one.logged.filter(({ reason }) => reason === 'denied')).toMatchObject([{ clients: 1 }, { clients: 2 }]);
});

it('lets a source have so many sessions at once, and others theirs', async () => {
  const server = await greeter();
  const perSource = { sessions: 2, ipv4Prefix: 32, ipv6Prefix: 64 };
  const one = await startOne([plannedTarget(server.port)], {}, { limits: { perSource } });
  const first = await served(one, '127.0.8.1');
  await served(one, '127.0.8.1');
  expect(await clientFrom('127.0.8.1', one.port).ending).toBe('reset');
  await served(one, '127.0.8.2');
  first.reset();
  await until('the session to end', () => one.gateway.sessions().length === 2);
  await served(one, '127.0.8.1');
  expect(one.gateway.denials()).toEqual([{ rules: 'forward one', denial: 'source sessions', clients: 1 }]);
});

it('lets a source open so many sessions in a time', async () => {
  const server = await greeter();
  const perSource = { rate: { sessions: 1, per: 3_600_000, burst: 3 }, ipv4Prefix: 24, ipv6Prefix: 64 };
  const one = await startOne([plannedTarget(server.port)], { limits: { perSource } });
  for (const host of [1, 2, 3]) await served(one, `127.0.8.${host}`);
  expect(await clientFrom('127.0.8.4', one.port).ending).toBe('reset');
  await served(one, '127.0.7.1');
  expect(one.gateway.denials()).toMatchObject([{ denial: 'source rate', clients: 1 }]);
});

it.each([
  ['a service', 'service sessions', { limits: { sessions: 2 } }, {}],
  ['a target host', 'target sessions', { limits: { perTarget: 2 } }, {}],
  ['a target host, whatever the service', 'target sessions', {}, { limits: { perTarget: 2 } }],
] as const)('lets %s have so many sessions at once', async (_, denial, rules, about) => {
  const server = await greeter();
  const one = await startOne([plannedTarget(server.port)], rules, about);
  const [first] = [await served(one, '127.0.8.1'), await served(one, '127.0.8.2')];
  expect(await clientFrom('127.0.8.3', one.port).ending).toBe('reset');
  first.reset();
  await until('the session to end', () => one.gateway.sessions().length === 1);
  await served(one, '127.0.8.3');
  expect(one.gateway.denials()).toMatchObject([{ denial, clients: 1 }]);
});

it('takes no token from a source for whom no target has room', async () => {
  const server = await greeter();
  const perSource = { rate: { sessions: 1, per: 3_600_000, burst: 2 }, ipv4Prefix: 32, ipv6Prefix: 64 };
  const one = await startOne([plannedTarget(server.port)], { limits: { perSource, perTarget: 1 } });
  const first = await served(one, '127.0.8.1');
  for (let client = 0; client < 5; client += 1) expect(await clientFrom('127.0.8.2', one.port).ending).toBe('reset');
  first.reset();
  await until('the session to end', () => one.gateway.sessions().length === 0);
  const second = await served(one, '127.0.8.2');
  second.reset();
  await until('the session to end', () => one.gateway.sessions().length === 0);
  await served(one, '127.0.8.2');
  expect(one.gateway.denials()).toMatchObject([{ denial: 'target sessions', clients: 5 }]);
});

// With splice they wait in the kernel's queue, before anybody knows who they are.
it.each(testedEngine === 'stream' ? ['stream'] : [])(
  'lets no denied client wait at the session limit (%s)',
  async () => {
    const server = await greeter();
    const access = { allow: ['127.0.8.0/24'], deny: [] };
    const one = await startOne([plannedTarget(server.port)], { access, perListener: 1 });
    const first = await served(one, '127.0.8.1');
    for (let client = 0; client < 20; client += 1) expect(await clientFrom('127.0.9.1', one.port).ending).toBe('reset');
    const waiting = clientFrom('127.0.8.2', one.port);
    first.reset();
    await waiting.has(5);
    expect(one.gateway.denials()).toMatchObject([{ denial: 'address', clients: 20 }]);
  },
);

it('gives back what a session had, however it ended', async () => {
  const server = await greeter();
  const perSource = { sessions: 1, ipv4Prefix: 32, ipv6Prefix: 64 };
  const limits = { sessions: 1, perTarget: 1, perSource };
  const one = await startOne([plannedTarget(server.port)], { limits }, { limits: { perSource, perTarget: 1 } });
  for (let round = 0; round < 50; round += 1) {
    const client = await served(one, '127.0.8.1');
    if (round % 2 === 0) client.reset();
    else client.finish();
    (await server.peers.next()).finish();
    await one.records.next();
  }
  expect(one.gateway.denials()).toEqual([]);
});

it('does not read the address of the client where it does not matter', async () => {
  const server = await greeter();
  const one = await startOne([plannedTarget(server.port)]);
  await connectPeer(one.port, gatewayAddress);
  expect((await server.peers.next()).socket.readyState).toBe('open');
  expect(one.gateway.denials()).toEqual([]);
});

it.each(testedEngine === 'stream' ? ['stream'] : [])('logs clients that find no place to wait (%s)', async () => {
  const server = await TargetServer.open();
  const limits = { sessions: 1, waitingRoom: 0 };
  const { gateway, port, logged } = await startOne([plannedTarget(server.port)], {}, { limits });
  await connectPeer(port, gatewayAddress);
  await server.peers.next();
  for (const from of ['127.0.9.1', '127.0.9.2']) expect(await clientFrom(from, port).ending).toBe('reset');
  const lines = () => logged.filter(({ msg }) => String(msg).startsWith('clients turned away'));
  expect(lines()).toMatchObject([{ level: 40, clients: 1, reason: 'limit' }]);
  await gateway.close();
  expect(lines()).toMatchObject([{ clients: 1 }, { clients: 1 }]);
});
