import dns from 'node:dns';
import { expect, it, onTestFinished, vi } from 'vitest';
import { numberRanges } from '../../src/base/number-ranges.ts';
import { connectPeer, type Peer, payload, TargetServer, until } from '../contract/peer.ts';
import { isRefused } from '../helpers/tcp-client.ts';
import {
  busyPort,
  freePort,
  gatewayAddress,
  listenerTo,
  planOf,
  start,
  startWithSession,
  testedEngine,
} from './gateway-fixture.ts';

const slowAddress = '127.0.30.2';

/** Delays each listen on `slowAddress` until the returned function is called: net calls dns.lookup for it, too. */
function holdListen(): () => void {
  const held: (() => void)[] = [];
  const original = dns.lookup as (...args: unknown[]) => unknown;
  const fake = (...args: unknown[]): void => {
    if (args[0] === slowAddress) held.push(() => original(...args));
    else original(...args);
  };
  const spy = vi.spyOn(dns, 'lookup').mockImplementation(fake as unknown as typeof dns.lookup);
  onTestFinished(() => spy.mockRestore());
  return () => {
    for (const release of held.splice(0)) release();
  };
}

/** Connects as soon as somebody listens. */
async function firstClient(port: number): Promise<Peer> {
  for (let tries = 0; ; tries += 1) {
    const client = await connectPeer(port, gatewayAddress).catch(() => undefined);
    if (client !== undefined) return client;
    if (tries === 1000) throw new Error('nobody listens');
  }
}

it('serves every listener, each to its own target', async () => {
  const servers = [await TargetServer.open(), await TargetServer.open()];
  const ports = [await freePort(), await freePort()];
  const { started } = await start(planOf(servers.map((server, index) => listenerTo(server, ports[index] ?? 0))));
  expect(started).toMatchObject({ kind: 'started', gateway: { served: 2, skipped: [] } });
  for (const [index, server] of servers.entries()) {
    const client = await connectPeer(ports[index] ?? 0, gatewayAddress);
    const target = await server.peers.next();
    target.socket.end(`target ${index}`);
    expect(await client.ending).toBe('end');
    expect(client.text).toBe(`target ${index}`);
  }
});

it('serves nothing when a port is busy, and names all busy ones with their holder in one line', async () => {
  const server = await TargetServer.open();
  const [free, ...busy] = [await freePort(), await busyPort(), await busyPort()];
  const { started, logged } = await start(planOf([free, ...busy].map((port) => listenerTo(server, port))));
  if (started.kind !== 'failed') throw new Error('it has started');
  const ports = numberRanges(busy.toSorted((a, b) => a - b));
  const listed = ports.replaceAll(',', ', ').replaceAll('.', '\\.');
  const message = expect.stringMatching(
    new RegExp(`^Cannot listen on 2 ports of 127\\.0\\.30\\.1 \\(${listed}\\): held by .+, pid ${process.pid};`),
  );
  expect(started.failures).toMatchObject([
    { code: 'EADDRINUSE', listeners: busy.map((port) => ({ key: `127.0.30.1:${port}` })), message },
  ]);
  expect(logged).toMatchObject([{ listeners: 2, ports, code: 'EADDRINUSE', msg: message }]);
  expect(await isRefused(free, gatewayAddress)).toBe(true);
});

it('serves the rest when busy ports are to be skipped', async () => {
  const server = await TargetServer.open();
  const [free, busy] = [await freePort(), await busyPort()];
  const { started, logged } = await start(planOf([listenerTo(server, busy), listenerTo(server, free)]), 'skip');
  expect(started).toMatchObject({
    kind: 'started',
    gateway: { served: 1, skipped: [{ code: 'EADDRINUSE', listeners: [{ bind: { port: busy } }] }] },
  });
  expect(logged).toMatchObject([{ listener: `127.0.30.1:${busy}`, code: 'EADDRINUSE' }]);
  await connectPeer(free, gatewayAddress);
  await server.peers.next();
});

it('has failed when every port is busy, skipped or not', async () => {
  const server = await TargetServer.open();
  const { started } = await start(planOf([listenerTo(server, await busyPort())]), 'skip');
  expect(started).toMatchObject({ kind: 'failed', failures: [{ code: 'EADDRINUSE' }] });
});

// With splice all acceptors open in one turn: no client can connect meanwhile.
const ends = testedEngine === 'stream' ? (['free', 'busy'] as const) : [];
it.each(ends)('lets clients that connect during the start wait; the last port is %s', async (last) => {
  const server = await TargetServer.open();
  const [first, second] = [await freePort(), await busyPort()];
  const slow = listenerTo(server, second);
  const bind = { ...slow.bind, address: slowAddress };
  if (last === 'busy') {
    // The same port on the other address.
    const holder = await start(planOf([{ ...slow, key: 'holder', bind }]));
    expect(holder.started.kind).toBe('started');
  }
  const release = holdListen();
  const starting = start(planOf([listenerTo(server, first), { ...slow, key: `${slowAddress}:${second}`, bind }]));
  const client = await firstClient(first);
  await client.send('early');
  // A round trip through the loop and the kernel: the gateway has accepted by now.
  await (await connectPeer(server.port)).send('direct');
  const direct = await server.peers.next();
  await direct.has(6);
  expect(server.peers.size).toBe(0);
  release();
  const { started } = await starting;
  expect(started.kind).toBe(last === 'free' ? 'started' : 'failed');
  if (last === 'free') {
    const target = await server.peers.next();
    await target.has(5);
    expect(target.text).toBe('early');
  } else {
    expect(await client.ending).toBe('reset');
    expect(server.peers.size).toBe(0);
  }
});

it('shows its sessions with what they have moved, and hold, right now', async () => {
  const { gateway, port, client, target, records } = await startWithSession();
  expect(gateway.sessions()).toEqual([
    {
      id: 1,
      state: 'relaying',
      service: expect.stringMatching(/^to \d+$/),
      host: undefined,
      listener: `127.0.30.1:${port}`,
      client: `127.0.0.1:${client.socket.localPort}`,
      target: `127.0.0.1:${target.socket.localPort}`,
      bytesToTarget: 1,
      bytesToClient: 0,
      heldToTarget: 0,
      heldToClient: 0,
      started: expect.any(Number),
    },
  ]);
  target.socket.pause();
  void client.send(payload(16 * 1024 * 1024).data).catch(() => {});
  await until(() => (gateway.sessions()[0]?.heldToTarget ?? 0) > 0, 'bytes to be held');
  expect(gateway.sessions()[0]?.bytesToTarget).toBeGreaterThan(1);
  target.finish();
  await until(() => gateway.sessions()[0]?.state === 'half-closed', 'the FIN to be seen');
  // Only then is the client's reset read: a leg under backpressure is not.
  target.socket.resume();
  client.reset();
  await records.next();
  expect(gateway.sessions()).toEqual([]);
});
