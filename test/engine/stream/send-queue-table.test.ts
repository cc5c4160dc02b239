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

it.each(['127.0.0.1', '::1'])('says so when all that was written over %s is acknowledged', async (host) => {
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
  // Either it is seen to be gone, or Node has closed the socket by then, and nobody is told.
  await Promise.race([empty, new Promise((resolve) => near.once('close', resolve))]);
});

it('tells nobody about a socket that others have closed', async () => {
  const { near } = await pair('127.0.0.1');
  const { near: other } = await pair('127.0.0.1');
  const queues = openQueues();
  let told = false;
  queues.whenEmpty({ socket: near }, () => {
    told = true;
  });
  near.destroy();
  await whenEmpty(queues, other);
  expect(told).toBe(false);
});

it('tells nobody once closed', async () => {
  const { near, far } = await pair('127.0.0.1');
  const queues = new SendQueueTable();
  let told = false;
  near.write(plenty);
  queues.whenEmpty({ socket: near }, () => {
    told = true;
  });
  queues.close();
  queues.close();
  far.resume();
  await until(() => near.writableLength === 0, 'all to be taken');
  await whenEmpty(openQueues(), near);
  expect(told).toBe(false);
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

it('tells a burst in pieces, between which the loop has its turn', async () => {
  const queues = openQueues();
  const { near } = await pair('127.0.0.1');
  const burst = 100;
  let inThisTurn = 0;
  let most = 0;
  let told = 0;
  const endOfTurn = (): void => {
    inThisTurn = 0;
    if (told < burst) setImmediate(endOfTurn);
  };
  await new Promise<void>((resolve) => {
    for (let index = 0; index < burst; index += 1) {
      // Connections that the kernel does not list: their queues are empty.
      const gone: Socket = Object.create(near);
      Object.defineProperties(gone, {
        remoteAddress: { value: '127.0.0.1' },
        remotePort: { value: index },
        localAddress: { value: '127.0.0.1' },
        localPort: { value: 1 },
        destroyed: { value: false },
      });
      queues.whenEmpty({ socket: gone }, () => {
        inThisTurn += 1;
        most = Math.max(most, inThisTurn);
        told += 1;
        if (told === burst) resolve();
      });
    }
    endOfTurn();
  });
  // A piece may end and the next one begin between two looks of ours.
  expect(most).toBeLessThanOrEqual(32);
});
