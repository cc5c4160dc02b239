import { expect, it } from 'vitest';
import { StreamEngine } from '../../src/engine/stream/stream-engine.ts';
import { connectPeer, payload, TargetServer, until } from '../contract/peer.ts';
import { SessionFixture } from './session-fixture.ts';

const mib = 1024 * 1024;
const listener = { key: '0.0.0.0:30016', kind: 'service', name: 'ssh', host: 16 } as const;

it('has both ends, the bytes each way and the duration', async () => {
  const fixture = new SessionFixture();
  const server = await TargetServer.open();
  const before = Date.now();
  const startedAt = performance.now();
  const client = await connectPeer(await fixture.listen({ host: '127.0.0.1', port: server.port }, listener));
  const target = await server.peers.next();
  await client.send('question');
  await target.has(8);
  target.socket.end('the answer');
  await client.has(10);
  const address = `127.0.0.1:${client.socket.localPort}`;
  client.finish();
  const record = await fixture.records.next();
  expect(record).toEqual({
    id: 1,
    service: 'ssh',
    host: 16,
    listener: '0.0.0.0:30016',
    client: address,
    target: `127.0.0.1:${server.port}`,
    bytesToTarget: 8,
    bytesToClient: 10,
    started: expect.any(Number),
    reason: 'target closed',
    duration: expect.any(Number),
    dialTime: expect.any(Number),
    tries: 1,
    error: undefined,
  });
  expect(record.started).toBeGreaterThanOrEqual(before);
  expect(record.started).toBeLessThanOrEqual(Date.now());
  expect(record.dialTime).toBeGreaterThan(0);
  expect(record.dialTime).toBeLessThan(record.duration);
  expect(record.duration).toBeLessThanOrEqual(performance.now() - startedAt);
});

it('counts lookup time into the dial time', async () => {
  const server = await TargetServer.open();
  const fixture = new SessionFixture({
    lookup: () =>
      new Promise((resolve) => {
        setTimeout(resolve, 80, [{ address: '127.0.0.1' }]);
      }),
  });
  const client = await fixture.connect({ host: 'a.test', port: server.port });
  await server.peers.next();
  client.reset();
  const record = await fixture.records.next();
  expect(record.dialTime).toBeGreaterThanOrEqual(79);
  expect(record.target).toBe(`a.test:${server.port}`);
});

it('has no host number for a forward', async () => {
  const fixture = new SessionFixture();
  const { client } = await fixture.session();
  client.reset();
  expect(await fixture.records.next()).toMatchObject({ service: 'one', host: undefined });
});

it('is announced while it is dialed, but not to an observer that does not want that', async () => {
  const fixture = new SessionFixture();
  const { client } = await fixture.session();
  expect(fixture.opened).toMatchObject([
    { id: 1, state: 'dialing', client: `127.0.0.1:${client.socket.localPort}`, bytesToTarget: 0, heldToTarget: 0 },
  ]);
  Object.assign(fixture.context.observer, { wants: 'closed' });
  await fixture.session();
  expect(fixture.opened.length).toBe(1);
  expect(fixture.context.table.size).toBe(2);
});

it('shows a snapshot through the life of a session: dialing, relaying, half-closed', async () => {
  let answer = (): void => {};
  const fixture = new SessionFixture({
    lookup: () =>
      new Promise((resolve) => {
        answer = () => resolve([{ address: '127.0.0.1' }]);
      }),
  });
  const server = await TargetServer.open();
  const client = await fixture.connect({ host: 'a.test', port: server.port });
  const state = (): string | undefined => fixture.context.table.snapshots()[0]?.state;
  await until(() => state() === 'dialing', 'the session to be dialed');
  answer();
  const target = await server.peers.next();
  await until(() => state() === 'relaying', 'the session to be relayed');
  client.finish();
  await until(() => state() === 'half-closed', 'the FIN of the client');
  target.finish();
  await fixture.records.next();
  expect(fixture.context.table.snapshots()).toEqual([]);
});

it('shows bytes, and bytes held, as they are right now', async () => {
  const fixture = new SessionFixture();
  const { client, target } = await fixture.session();
  const now = () => fixture.context.table.snapshots()[0];
  await client.send('12345');
  await target.has(5);
  expect(now()).toMatchObject({ bytesToTarget: 5, bytesToClient: 0, heldToTarget: 0, heldToClient: 0 });
  client.socket.pause();
  void target.send(payload(32 * mib).data).catch(() => {});
  await until(() => (now()?.heldToClient ?? 0) > 0, 'bytes to be held for a client that does not read');
  expect(now()?.heldToClient).toBeLessThanOrEqual(256 * 1024);
  expect(now()?.heldToTarget).toBe(0);
  // The rest of it goes to the client, slowly: the session is on its way out.
  target.reset();
  client.socket.resume();
  // All that was acknowledged is read before the reset is.
  expect(await client.ending).toBe('reset');
  expect((await fixture.records.next()).bytesToClient).toBe(client.received);
});

it('shows a session that delivers its last bytes before a reset as closing', async () => {
  const fixture = new SessionFixture();
  const { client, target } = await fixture.session();
  client.socket.pause();
  await target.send(payload(4 * mib).data);
  const now = () => fixture.context.table.snapshots()[0];
  await until(() => (now()?.bytesToClient ?? 0) + (now()?.heldToClient ?? 0) > 0, 'bytes to have come');
  target.reset();
  client.socket.write('to no one');
  await until(() => now()?.state === 'closing', 'the reset to be found');
  client.socket.resume();
  expect((await fixture.records.next()).reason).toBe('target reset');
});

it('numbers sessions, and ends exactly those that are there', async () => {
  const fixture = new SessionFixture({ engine: new StreamEngine({ waitingRoom: 0, reads: 'public' }) });
  await fixture.session();
  await fixture.session();
  expect(fixture.context.table.snapshots().map(({ id }) => id)).toEqual([1, 2]);
  const empty = [fixture.context.table.empty(), fixture.context.table.empty()];
  fixture.context.table.killAll('killed');
  await Promise.all(empty);
  await fixture.context.table.empty();
  await fixture.session();
  expect(fixture.context.table.snapshots().map(({ id }) => id)).toEqual([3]);
});
