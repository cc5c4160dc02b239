/**
 * A flood: connections without a word, as fast as this process can or at a rate. By system calls: sockets of Node would
 * take as much of the machine as the gateway that they flood, which a real flood does not.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EpollSet } from '../../src/engine/splice/epoll-set.ts';
import {
  AF_INET,
  EINPROGRESS,
  EPOLL_CTL_ADD,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLOUT,
  EPOLLRDHUP,
  SO_LINGER,
  SOCK_NONBLOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../src/libc/constants.ts';
import { SystemError } from '../../src/libc/errno.ts';
import { type Libc, loadLibc, type Memory } from '../../src/libc/libc.ts';
import { socketAddressSize, writeSocketAddress } from '../../src/libc/socket-address.ts';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';

export interface FloodLoad {
  run(params: FloodParams): Promise<FloodCounts>;
}

interface FloodParams {
  /** Attempts take turns. */
  readonly to: readonly Endpoint[];
  /** The address that they come from; the kernel's choice if left out. */
  readonly from?: string;
  readonly attempts: number;
  /** Attempts a second, after so many in one go; as fast as it can if left out. */
  readonly pace?: { readonly first: number; readonly perSecond: number };
  /** Most that are open, or being opened, at once. */
  readonly atOnce: number;
  /** Milliseconds after which an attempt that is still there resets. */
  readonly hold: number;
}

export interface FloodCounts {
  /** Handshakes that were completed. */
  readonly connected: number;
  /** Reset or closed before their time. */
  readonly turnedAway: number;
  /** Most that were open at once. */
  readonly peak: number;
  readonly seconds: number;
}

interface Attempt {
  readonly fd: number;
  readonly ends: number;
  state: 'connecting' | 'open' | 'over';
}

/** Connects in one go, before the other half has its turn. */
const burst = 64;
/** Events asked for at once. */
const batch = 256;
/** Milliseconds of sleep between two turns. */
const interval = 1;

class Flood {
  private readonly libc: Libc;
  private readonly params: FloodParams;
  private readonly epoll: EpollSet;
  private readonly addresses: readonly Address[];
  private readonly from: Address | undefined;
  private readonly linger: Memory;
  private readonly attempts: Attempt[] = [];
  /** All attempts before this one are over. */
  private oldest = 0;
  private going = 0;
  private open = 0;
  private peak = 0;
  private connected = 0;
  private turnedAway = 0;

  constructor(libc: Libc, params: FloodParams) {
    this.libc = libc;
    this.params = params;
    this.epoll = new EpollSet(libc, batch);
    this.addresses = params.to.map(({ host, port }) => addressOf(libc, host, port));
    this.from = params.from === undefined ? undefined : addressOf(libc, params.from, 0);
    // struct linger: on, for no time, so that close(2) resets (socket(7)).
    this.linger = libc.allocate(8);
    this.linger.bytes.writeInt32LE(1);
  }

  async run(): Promise<FloodCounts> {
    const begun = performance.now();
    while (this.attempts.length < this.params.attempts || this.going > 0) {
      this.endOld();
      this.startSome(this.due(performance.now() - begun));
      for (let told = batch; told === batch; ) told = this.look();
      await delay(interval);
    }
    this.epoll.close();
    const { connected, turnedAway, peak } = this;
    return { connected, turnedAway, peak, seconds: (performance.now() - begun) / 1_000 };
  }

  /** Attempts that may begin now, `elapsed` milliseconds after the start. */
  private due(elapsed: number): number {
    const { pace } = this.params;
    if (pace === undefined) return burst;
    return Math.floor(pace.first + (pace.perSecond * elapsed) / 1_000) - this.attempts.length;
  }

  private startSome(most: number): void {
    const { attempts, atOnce, hold } = this.params;
    for (let count = 0; count < most && this.attempts.length < attempts && this.going < atOnce; count += 1) {
      const to = this.addresses[this.attempts.length % this.addresses.length];
      const fd = this.libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0);
      if (fd < 0 || to === undefined) throw new SystemError(fd, 'socket');
      const bound = this.from === undefined ? 0 : this.libc.bind(fd, this.from.memory.address, this.from.length);
      if (bound < 0) throw new SystemError(bound, 'bind');
      const result = this.libc.connect(fd, to.memory.address, to.length);
      if (result < 0 && result !== EINPROGRESS) throw new SystemError(result, 'connect');
      this.epoll.control(EPOLL_CTL_ADD, fd, EPOLLET | EPOLLOUT | EPOLLRDHUP, this.attempts.length, 0);
      this.attempts.push({ fd, ends: performance.now() + hold, state: 'connecting' });
      this.going += 1;
    }
  }

  /** How many events there were. */
  private look(): number {
    const told = this.epoll.wait(0);
    for (let index = 0; index < told; index += 1) {
      const attempt = this.attempts[this.epoll.seatOf(index)];
      if (attempt === undefined || attempt.state === 'over') continue;
      if (this.epoll.eventsOf(index) & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
        this.turnedAway += 1;
        this.end(attempt);
      } else if (attempt.state === 'connecting') {
        attempt.state = 'open';
        this.connected += 1;
        this.open += 1;
        this.peak = Math.max(this.peak, this.open);
      }
    }
    return told;
  }

  /** All are held equally long, so that those that began first end first. */
  private endOld(): void {
    const now = performance.now();
    for (; ; this.oldest += 1) {
      const attempt = this.attempts[this.oldest];
      if (attempt === undefined || (attempt.state !== 'over' && attempt.ends > now)) return;
      if (attempt.state === 'over') continue;
      this.libc.setsockopt(attempt.fd, SOL_SOCKET, SO_LINGER, this.linger.address, 8);
      this.end(attempt);
    }
  }

  private end(attempt: Attempt): void {
    if (attempt.state === 'open') this.open -= 1;
    attempt.state = 'over';
    this.going -= 1;
    this.libc.close(attempt.fd);
  }
}

interface Address {
  readonly memory: Memory;
  readonly length: number;
}

function addressOf(libc: Libc, host: string, port: number): Address {
  const memory = libc.allocate(socketAddressSize);
  return { memory, length: writeSocketAddress(memory.bytes, host, port) };
}

serve<FloodLoad>({
  async run(params) {
    const loaded = await loadLibc();
    if (!loaded.ok) throw new Error(`Cannot flood: ${loaded.why}`);
    return await new Flood(loaded.libc, params).run();
  },
});
