import { connect, createServer, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { findNodeInternals } from '../../../src/engine/stream/node-internals.ts';
import { until } from '../../contract/peer.ts';

const internals = findNodeInternals();
if (internals === null) throw new Error('Node has other private properties');

async function openServer(host: string): Promise<{ server: Server; port: number; came: () => number }> {
  let came = 0;
  const server = createServer((socket) => {
    came += 1;
    socket.on('error', () => {}).destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0, came: () => came };
}

function client(port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host }, resolve);
    socket.once('error', reject);
    onTestFinished(() => {
      socket.destroy();
    });
  });
}

/** Whoever can be accepted has been by then. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '::1'],
  ['::', '127.0.0.1'],
])('shuts and opens a tap at %s for clients from %s, and connects nobody by it', async (host, from) => {
  const { server, port, came } = await openServer(host);
  const tap = internals.findTap(server);
  await turns();
  expect(tap).not.toBeNull();
  expect(came()).toBe(0);
  tap?.shut();
  tap?.shut();
  await client(port, from);
  await client(port, from);
  await turns();
  expect(came()).toBe(0);
  tap?.open();
  tap?.open();
  await until(() => came() === 2, 'both to be accepted');
  tap?.shut();
  await client(port, from);
  await turns();
  expect(came()).toBe(2);
});

it('finds no tap at a server that does not listen', () => {
  expect(internals.findTap(createServer())).toBeNull();
});

it('closes with its tap shut', async () => {
  const { server, port } = await openServer('127.0.0.1');
  internals.findTap(server)?.shut();
  await client(port, '127.0.0.1');
  await new Promise((resolve) => server.close(resolve));
  await expect(client(port, '127.0.0.1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
