import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { SendQueueTable } from '../../../src/engine/stream/send-queue-table.ts';
import { until } from '../../contract/peer.ts';

/** More than the buffers of both kernel sockets hold. */
const plenty = Buffer.alloc(16 * 1024 * 1024);

/** Two ends of a connection; the far one does not read until it is resumed. */
async function pair(host: string): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, host);
  await once(server, 'listening');
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) throw new Error('no port');
  const accepted = once(server, 'connection');
  const near = connect(bound.port, host);
  await once(near, 'connect');
  const [far] = (await accepted) as [Socket];
  for (const socket of [near, far]) socket.on('error', () => {});
  onTestFinished(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

function openQueues(): SendQueueTable {
  const queues = new SendQueueTable();
  onTestFinished(() => queues.close());
  return queues;
}

const whenEmpty = (queues: SendQueueTable, socket: Socket): Promise<void> =>
  new Promise((resolve) => queues.whenEmpty({ socket }, resolve));

it.each(['127.0.0.1', '::1'])('calls back when all that was written over %s is acknowledged', async (host) => {
  const { near, far } = await pair(host);
  const queues = openQueues();
  near.write(plenty);
  const order: string[] = [];
  const empty = whenEmpty(queues, near).then(() => order.push('empty'));
  // Another connection with nothing to send is looked at in the same turn, and is not held up.
  const { near: idle } = await pair(host);
  await whenEmpty(queues, idle).then(() => order.push('idle'));
  expect(order).toEqual(['idle']);
  far.resume();
  await empty;
  expect(order).toEqual(['idle', 'empty']);
  expect(near.writableLength).toBe(0);
});

it('takes a connection that the peer has reset for empty', async () => {
  const { near, far } = await pair('127.0.0.1');
  const queues = openQueues();
  near.write(plenty);
  const empty = whenEmpty(queues, near);
  far.resetAndDestroy();
  // Either the table shows nothing of it, or Node has closed the socket by then, and there is no call.
  await Promise.race([empty, new Promise((resolve) => near.once('close', resolve))]);
});

it.each(['br-lan', 'eth0.100'])('takes link-local addresses with the zone %s', async (zone) => {
  const { near } = await pair('127.0.0.1');
  for (const end of ['localAddress', 'remoteAddress']) Object.defineProperty(near, end, { value: `fe80::1%${zone}` });
  await whenEmpty(openQueues(), near);
});

it('does not call back for a socket that others have closed', async () => {
  const { near } = await pair('127.0.0.1');
  const { near: other } = await pair('127.0.0.1');
  const queues = openQueues();
  let called = false;
  queues.whenEmpty({ socket: near }, () => {
    called = true;
  });
  near.destroy();
  await whenEmpty(queues, other);
  expect(called).toBe(false);
});

it('calls back no more once it is closed', async () => {
  const { near, far } = await pair('127.0.0.1');
  const queues = new SendQueueTable();
  let called = false;
  near.write(plenty);
  queues.whenEmpty({ socket: near }, () => {
    called = true;
  });
  queues.close();
  queues.close();
  far.resume();
  await until(() => near.writableLength === 0, 'all to be taken');
  await whenEmpty(openQueues(), near);
  expect(called).toBe(false);
});

it('finds one that is not empty among so many that the table takes several reads at once', async () => {
  const queues = openQueues();
  const idle: Socket[] = [];
  for (let made = 0; made < 150; made += 1) idle.push((await pair('127.0.0.1')).near);
  const { near, far } = await pair('127.0.0.1');
  near.write(plenty);
  let state: 'waits' | 'empty' = 'waits';
  const empty = whenEmpty(queues, near).then(() => {
    state = 'empty';
  });
  await Promise.all(idle.map((socket) => whenEmpty(queues, socket)));
  expect(state).toBe('waits');
  far.resume();
  await empty;
});
