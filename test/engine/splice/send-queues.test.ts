import { expect, it, onTestFinished } from 'vitest';
import { SendQueues } from '../../../src/engine/splice/send-queues.ts';
import { SocketOptions } from '../../../src/engine/splice/socket-options.ts';
import { mib } from '../../contract/engine-under-test.ts';
import { type Peer, TargetServer, until } from '../../contract/peer.ts';
import { libc, rawClient } from './instruments.ts';

/** Far more than both kernel buffers take. */
const plenty = Buffer.alloc(16 * mib);
const options = new SocketOptions(libc);

interface Sender {
  fd: number;
  crashed(error: unknown): void;
}

const crashed = (error: unknown): never => {
  throw error;
};

interface Pair {
  readonly sender: Sender;
  readonly near: Peer;
  readonly far: Peer;
}

async function openPair(): Promise<Pair> {
  const server = await TargetServer.open();
  const { fd, peer: near } = rawClient(server.port);
  const far = await server.peers.next();
  far.socket.pause();
  return { sender: { fd, crashed }, near, far };
}

function openQueues(): SendQueues {
  const queues = new SendQueues(options);
  onTestFinished(() => queues.close());
  return queues;
}

const whenEmpty = (queues: SendQueues, sender: Sender): Promise<void> =>
  new Promise((resolve) => queues.whenEmpty(sender, resolve));

it('says so when all that was written is acknowledged, and at once where nothing was', async () => {
  const { sender, near, far } = await openPair();
  const queues = openQueues();
  void near.send(plenty).catch(() => {});
  await until(() => options.unacknowledgedBytes(sender.fd) > 0, 'bytes to wait');
  const order: string[] = [];
  const empty = whenEmpty(queues, sender).then(() => order.push('empty'));
  const { sender: idle } = await openPair();
  let told = false;
  queues.whenEmpty(idle, () => {
    told = true;
  });
  expect(told).toBe(true);
  expect(order).toEqual([]);
  far.socket.resume();
  await empty;
  expect(options.unacknowledgedBytes(sender.fd)).toBe(0);
});

it('takes a connection that the peer has reset for empty', async () => {
  const { sender, near, far } = await openPair();
  void near.send(plenty).catch(() => {});
  await until(() => options.unacknowledgedBytes(sender.fd) > 0, 'bytes to wait');
  near.socket.pause();
  const empty = whenEmpty(openQueues(), sender);
  far.reset();
  await Promise.race([empty, near.closed]);
});

it('tells nobody about a socket that others have closed', async () => {
  const { sender, near, far } = await openPair();
  const queues = openQueues();
  void near.send(plenty).catch(() => {});
  await until(() => options.unacknowledgedBytes(sender.fd) > 0, 'bytes to wait');
  let told = false;
  const tell = (): void => {
    told = true;
  };
  queues.whenEmpty(sender, tell);
  // What a leg does when the reactor closes it.
  sender.fd = -1;
  far.socket.resume();
  queues.whenEmpty(sender, tell);
  const other = await openPair();
  void other.near.send(plenty).catch(() => {});
  await until(() => options.unacknowledgedBytes(other.sender.fd) > 0, 'bytes to wait');
  const otherEmpty = whenEmpty(queues, other.sender);
  other.far.socket.resume();
  await otherEmpty;
  expect(told).toBe(false);
});

it('tells nobody once closed, and may be closed twice', async () => {
  const { sender, near, far } = await openPair();
  const queues = new SendQueues(options);
  void near.send(plenty).catch(() => {});
  await until(() => options.unacknowledgedBytes(sender.fd) > 0, 'bytes to wait');
  let told = false;
  queues.whenEmpty(sender, () => {
    told = true;
  });
  queues.close();
  queues.close();
  far.socket.resume();
  await whenEmpty(openQueues(), sender);
  expect(told).toBe(false);
});

it('leaves a bug to the sender that it came up with, and serves the others', async () => {
  const { sender, near, far } = await openPair();
  const other = await openPair();
  const bug = new Error('a bug');
  const state = { faulty: false };
  const queues = new SendQueues(
    new SocketOptions({
      ...libc,
      ioctl: (fd, ...rest) => {
        if (state.faulty && fd === sender.fd) throw bug;
        return libc.ioctl(fd, ...rest);
      },
    }),
  );
  onTestFinished(() => queues.close());
  for (const one of [near, other.near]) void one.send(plenty).catch(() => {});
  await until(() => [sender, other.sender].every(({ fd }) => options.unacknowledgedBytes(fd) > 0), 'bytes to wait');
  const ended: unknown[] = [];
  sender.crashed = (error) => ended.push(error);
  queues.whenEmpty(sender, () => ended.push('empty'));
  const empty = whenEmpty(queues, other.sender);
  state.faulty = true;
  await until(() => ended.length > 0, 'the bug to come up');
  for (const { socket } of [far, other.far]) socket.resume();
  await empty;
  expect(ended).toEqual([bug]);
});
