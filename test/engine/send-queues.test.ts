import { expect, it, onTestFinished } from 'vitest';
import { SendQueues } from '../../src/engine/send-queues.ts';
import { SocketOptions } from '../../src/engine/splice/socket-options.ts';
import { mib } from '../contract/engine-under-test.ts';
import { type Peer, TargetServer, until } from '../contract/peer.ts';
import { libc, rawClient } from './splice/splice-fixture.ts';

/** Far more than both kernel buffers take. */
const plenty = Buffer.alloc(16 * mib);
const options = new SocketOptions(libc);

class Sender {
  fd: number;
  closed = false;
  crashed: (error: unknown) => void = (error) => {
    throw error;
  };
  unsent: () => number = () => options.unacknowledgedBytes(this.fd);

  constructor(fd: number) {
    this.fd = fd;
  }
}

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
  return { sender: new Sender(fd), near, far };
}

function openQueues(): SendQueues {
  const queues = new SendQueues();
  onTestFinished(() => queues.close());
  return queues;
}

const whenEmpty = (queues: SendQueues, sender: Sender): Promise<void> =>
  new Promise((resolve) => queues.whenEmpty(sender, resolve));

it('calls back when all that was written is acknowledged, and at once where nothing was', async () => {
  const { sender, near, far } = await openPair();
  const queues = openQueues();
  void near.send(plenty).catch(() => {});
  await until(() => options.unacknowledgedBytes(sender.fd) > 0, 'bytes to wait');
  const order: string[] = [];
  const empty = whenEmpty(queues, sender).then(() => order.push('empty'));
  const { sender: idle } = await openPair();
  let called = false;
  queues.whenEmpty(idle, () => {
    called = true;
  });
  expect(called).toBe(true);
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

it('does not call back for a socket that others have closed', async () => {
  const { sender, near, far } = await openPair();
  const queues = openQueues();
  void near.send(plenty).catch(() => {});
  await until(() => options.unacknowledgedBytes(sender.fd) > 0, 'bytes to wait');
  let called = false;
  const onEmpty = (): void => {
    called = true;
  };
  queues.whenEmpty(sender, onEmpty);
  sender.closed = true;
  far.socket.resume();
  queues.whenEmpty(sender, onEmpty);
  const other = await openPair();
  void other.near.send(plenty).catch(() => {});
  await until(() => options.unacknowledgedBytes(other.sender.fd) > 0, 'bytes to wait');
  const otherEmpty = whenEmpty(queues, other.sender);
  other.far.socket.resume();
  await otherEmpty;
  expect(called).toBe(false);
});

it('does not call back once it is closed, and may be closed twice', async () => {
  const { sender, near, far } = await openPair();
  const queues = new SendQueues();
  void near.send(plenty).catch(() => {});
  await until(() => options.unacknowledgedBytes(sender.fd) > 0, 'bytes to wait');
  let called = false;
  queues.whenEmpty(sender, () => {
    called = true;
  });
  queues.close();
  queues.close();
  far.socket.resume();
  await whenEmpty(openQueues(), sender);
  expect(called).toBe(false);
});

it('ends the sender that has a bug, and serves the others', async () => {
  const { sender, near, far } = await openPair();
  const other = await openPair();
  const bug = new Error('a bug');
  const queues = new SendQueues();
  onTestFinished(() => queues.close());
  for (const one of [near, other.near]) void one.send(plenty).catch(() => {});
  await until(() => [sender, other.sender].every(({ fd }) => options.unacknowledgedBytes(fd) > 0), 'bytes to wait');
  const ended: unknown[] = [];
  sender.crashed = (error) => ended.push(error);
  queues.whenEmpty(sender, () => ended.push('empty'));
  const empty = whenEmpty(queues, other.sender);
  sender.unsent = () => {
    throw bug;
  };
  await until(() => ended.length > 0, 'the bug to come up');
  for (const { socket } of [far, other.far]) socket.resume();
  await empty;
  expect(ended).toEqual([bug]);
});

it('looks also while waiters come all the time', async () => {
  const queues = openQueues();
  const [stuck, empties] = [(await openPair()).sender, (await openPair()).sender];
  stuck.unsent = () => 1;
  let left = 1;
  empties.unsent = () => left;
  let state: 'waits' | 'empty' = 'waits';
  queues.whenEmpty(empties, () => {
    state = 'empty';
  });
  left = 0;
  const deadline = performance.now() + 2_000;
  // A turn of the loop is far shorter than the time to the next look.
  while (state === 'waits' && performance.now() < deadline) {
    queues.whenEmpty(stuck, () => {});
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(state).toBe('empty');
});

it('notifies a burst in pieces, between which the loop has its turn', async () => {
  const { sender } = await openPair();
  const queues = openQueues();
  const burst = 100;
  const turns: number[] = [];
  let full = true;
  let notified = 0;
  sender.unsent = () => (full ? 1 : 0);
  for (let index = 0; index < burst; index += 1) {
    queues.whenEmpty(sender, () => {
      notified += 1;
    });
  }
  full = false;
  for (let seen = 0; notified < burst; seen = notified) {
    await new Promise((resolve) => setImmediate(resolve));
    turns.push(notified - seen);
  }
  expect(Math.max(...turns)).toBeLessThan(burst / 2);
});
