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
import { keepUntilHere } from '../../libc/memory.ts';
import { socketAddressSize, writeSocketAddress } from '../../libc/socket-address.ts';
import { testTwoEvents } from './event-self-test.ts';
import { type Pipe, PipePool } from './pipe-pool.ts';
import { type Pollable, Reactor } from './reactor.ts';
import { lengthAt } from './splice-io.ts';

/** Milliseconds that all of it may take. It takes less than one; a machine that boots may be busy for a second. */
const deadline = 5_000;
const words = 'floatgate';

/**
 * Sends a few bytes through all that the engine stands on: a listener, a connection over 127.0.0.1, epoll in
 * Node's loop, a pipe, splice(2) both ways. Rejects with what does not work; no descriptor is left either way.
 */
export async function selfTest(libc: Libc): Promise<void> {
  const reactor = new Reactor(libc);
  const pipes = new PipePool(libc, 1, words.length);
  const probes: Probe[] = [];
  let pipe: Pipe | null = null;
  const watch = (fd: number, call: string): Probe => {
    const probe = new Probe();
    succeeded(fd, call);
    if (reactor.add(probe, fd, EPOLLIN) < 0) {
      libc.close(fd);
      throw new Error('epoll_ctl(2) fails');
    }
    probes.push(probe);
    return probe;
  };
  try {
    const address = libc.allocate(64);
    const length = writeSocketAddress(address.bytes, '127.0.0.1', 0);
    const listener = watch(libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0), 'socket');
    succeeded(libc.bind(listener.fd, address.address, length), 'bind');
    succeeded(libc.listen(listener.fd, 1), 'listen');
    address.bytes.writeInt32LE(socketAddressSize, lengthAt);
    succeeded(libc.getsockname(listener.fd, address.address, address.address + lengthAt), 'getsockname');
    const near = watch(libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0), 'socket');
    const connecting = libc.connect(near.fd, address.address, length);
    keepUntilHere(address);
    if (connecting !== EINPROGRESS) succeeded(connecting, 'connect');
    await listener.readable(reactor);
    const far = watch(libc.accept4(listener.fd, 0, 0, SOCK_NONBLOCK_CLOEXEC), 'accept4');
    testTwoEvents(libc, [near.fd, far.fd]);

    const memory = libc.allocate(64);
    memory.bytes.write(words);
    succeeded(libc.send(near.fd, memory.address, words.length, 0), 'send');
    await far.readable(reactor);
    pipe = pipes.take();
    if (pipe === null) throw new Error('no pipe is to be had');
    succeeded(libc.splice(far.fd, pipe.writeEnd, pipe.size, SPLICE_MOVE_NONBLOCK), 'splice');
    // Back on the connection it came by.
    succeeded(libc.splice(pipe.readEnd, far.fd, words.length, SPLICE_MOVE_NONBLOCK), 'splice');
    await near.readable(reactor);
    memory.bytes.fill(0);
    succeeded(libc.recv(near.fd, memory.address, 64, 0), 'recv');
    if (memory.bytes.toString('latin1', 0, words.length) !== words) throw new Error('other bytes came out of the pipe');
  } finally {
    if (pipe !== null) pipes.discard(pipe);
    for (const probe of probes) reactor.close(probe);
    reactor.shutDown();
  }
}

/** A socket of the test. */
class Probe implements Pollable {
  fd = -1;
  seat = -1;
  pending = 0;
  readonly flow = 0;
  private came = false;
  private onReadable: (() => void) | undefined;

  ready(events: number): void {
    if ((events & EPOLLIN) === 0) return;
    this.came = true;
    this.onReadable?.();
  }

  crashed(error: unknown): void {
    throw error;
  }

  /** Resolves when it has been readable. */
  async readable(reactor: Reactor): Promise<void> {
    if (this.came) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('epoll(7) does not wake the loop')), deadline);
      this.onReadable = () => {
        resolve();
        reactor.settled();
      };
    });
    clearTimeout(timer);
  }
}

function succeeded(result: number, call: string): number {
  if (result < 0) throw new SystemError(result, call);
  return result;
}
