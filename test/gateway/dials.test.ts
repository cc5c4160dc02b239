import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { openBlackHole } from '../contract/black-hole.ts';
import { Peer, TargetServer } from '../contract/peer.ts';
import { plannedTarget } from '../helpers/planned.ts';
import { until } from '../helpers/until.ts';
import { gatewayAddress, startOne } from './gateway-fixture.ts';

const client = (port: number): Peer => new Peer(connect({ port, host: gatewayAddress, allowHalfOpen: true }));

it('lets a quarter of all sessions dial, and denies the others without a session', async () => {
  const one = await startOne([plannedTarget(await openBlackHole())], {}, { limits: { sessions: 8 } });
  const dialing = [client(one.port), client(one.port)];
  await until('both dialing', () => one.gateway.sessions().length === 2);
  expect(await client(one.port).ending).toBe('reset');
  expect(one.gateway.sessions().map(({ state }) => state)).toEqual(['dialing', 'dialing']);
  expect(one.gateway.denials()).toEqual([{ rules: 'forward one', denial: 'dials', clients: 1 }]);
  // Who gives up makes room for the next.
  dialing[0]?.reset();
  await until('one session ended', () => one.gateway.sessions().length === 1);
  client(one.port);
  await until('the next one dialing', () => one.gateway.sessions().length === 2);
  expect(one.gateway.denials()).toHaveLength(1);
});

it('serves all clients of a target that answers, in waves as large as all sessions', async () => {
  const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  onTestFinished(() => void echo.close());
  const address = echo.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const one = await startOne([plannedTarget(port)], {}, { limits: { sessions: 40, waitingRoom: 200 } });
  const wave = Array.from({ length: 160 }, () => client(one.port));
  await Promise.all(
    wave.map(async (peer) => {
      await peer.send('hello');
      await peer.has(5);
      peer.finish();
      expect(await peer.ending).toBe('end');
    }),
  );
  expect(one.gateway.denials()).toEqual([]);
  expect(one.gateway.turnedAway()).toBe(0);
});

it('dials from each address of dialFrom in turn', async () => {
  const server = await TargetServer.open();
  const one = await startOne([plannedTarget(server.port)], { dialFrom: ['127.0.0.5', '127.0.0.6', '::1'] });
  const seen: (string | undefined)[] = [];
  for (let session = 0; session < 4; session += 1) {
    client(one.port);
    seen.push((await server.peers.next()).socket.remoteAddress);
  }
  expect(seen).toEqual(['127.0.0.5', '127.0.0.6', '127.0.0.5', '127.0.0.6']);
});

it('passes over an address of dialFrom that this machine does not have any more', async () => {
  const server = await TargetServer.open();
  const one = await startOne([plannedTarget(server.port)], { dialFrom: ['192.0.2.1', '127.0.0.6'] });
  for (let session = 0; session < 3; session += 1) {
    client(one.port);
    expect((await server.peers.next()).socket.remoteAddress).toBe('127.0.0.6');
  }
});
