import {
  AF_INET,
  EINPROGRESS,
  EPOLLIN,
  SOCK_NONBLOCK_CLOEXEC,
  SOCK_STREAM,
  SPLICE_MOVE_NONBLOCK,
} from '../../libc/constants.ts';
import { SystemError } from '../../libc/errno.ts';
import type { Libc } from '../../libc/libc.ts';
import { readSocketAddress } from '../../libc/socket-address.ts';
import type { Loop } from '../loop.ts';
import { testTwoEvents } from './event-self-test.ts';
import { type Pipe, PipePool } from './pipe-pool.ts';
import { type Pollable, Reactor } from './reactor.ts';
import { dialFlow, noEvents } from './ready-queue.ts';
import { SocketNames } from './socket-names.ts';
import { noDescriptor, noSeat } from './watched-sockets.ts';

/** Milliseconds that each step may take. All take less than one; a machine that boots may be busy for a second. */
const deadline = 5_000;
const text = 'floatgate';

/**
 * Sends a few bytes through all that the engine needs: a listener, a connection over 127.0.0.1, epoll in the loop, a
 * pipe, splice(2) both ways. Rejects with what does not work. No descriptor is left either way.
 */
export async function selfTest(libc: Libc, loop: Loop): Promise<void> {
  const reactor = new Reactor(libc, loop);
  const names = new SocketNames(libc);
  const pipes = new PipePool(libc, 1, text.length);
  const probes: Probe[] = [];
  let pipe: Pipe | null = null;
  const watch = (fd: number, call: string): Probe => {
    const probe = new Probe(loop);
    succeeded(fd, call);
    if (reactor.add(probe, fd, EPOLLIN) < 0) {
      libc.close(fd);
      throw new Error('epoll_ctl(2) fails');
    }
    probes.push(probe);
    return probe;
  };
  try {
    const listener = watch(libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0), 'socket');
    succeeded(names.bind(listener.fd, '127.0.0.1', 0), 'bind');
    succeeded(libc.listen(listener.fd, 1), 'listen');
    succeeded(names.readLocal(listener.fd), 'getsockname');
    const local = readSocketAddress(names.memory.bytes);
    const near = watch(libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0), 'socket');
    const connecting = names.connect(near.fd, local);
    if (connecting !== EINPROGRESS) succeeded(connecting, 'connect');
    await listener.readable();
    const far = watch(names.accept(listener.fd), 'accept4');
    testTwoEvents(libc, [near.fd, far.fd]);

    const memory = libc.allocate(64);
    memory.bytes.write(text);
    succeeded(libc.send(near.fd, memory.address, text.length, 0), 'send');
    await far.readable();
    pipe = pipes.take();
    if (pipe === null) throw new Error('pipe2(2) gives no pipe');
    succeeded(libc.splice(far.fd, pipe.writeEnd, pipe.size, SPLICE_MOVE_NONBLOCK), 'splice');
    // Back on the connection it came by.
    succeeded(libc.splice(pipe.readEnd, far.fd, text.length, SPLICE_MOVE_NONBLOCK), 'splice');
    await near.readable();
    memory.bytes.fill(0);
    succeeded(libc.recv(near.fd, memory.address, 64, 0), 'recv');
    if (memory.bytes.toString('latin1', 0, text.length) !== text) throw new Error('other bytes came out of the pipe');
  } finally {
    if (pipe !== null) pipes.discard(pipe);
    for (const probe of probes) reactor.close(probe);
    reactor.shutDown();
  }
}

/** A socket of the test. */
class Probe implements Pollable {
  fd = noDescriptor;
  seat = noSeat;
  pending = noEvents;
  readonly flow = dialFlow;
  private readonly loop: Loop;
  private state: 'quiet' | 'readable' = 'quiet';
  private onReadable: (() => void) | undefined;

  constructor(loop: Loop) {
    this.loop = loop;
  }

  ready(events: number): void {
    if ((events & EPOLLIN) === 0) return;
    this.state = 'readable';
    this.onReadable?.();
  }

  crashed(error: unknown): void {
    throw error;
  }

  /** Resolves when it has been readable. */
  async readable(): Promise<void> {
    if (this.state === 'readable') return;
    await new Promise<void>((resolve, reject) => {
      const timer = this.loop.after(deadline, () => reject(new Error('epoll(7) does not wake the loop')));
      this.onReadable = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

function succeeded(result: number, call: string): number {
  if (result < 0) throw new SystemError(result, call);
  return result;
}
