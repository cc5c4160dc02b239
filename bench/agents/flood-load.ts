/**
 * Half of a flood: connections to one listener, as many and as fast as this process can, without a word. By system calls:
 * sockets of Node would take as much of the machine as the gateway that they flood, which a real flood does not.
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
  readonly to: Endpoint;
  readonly attempts: number;
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
  private readonly address: Memory;
  private readonly addressLength: number;
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
    this.address = libc.allocate(socketAddressSize);
    this.addressLength = writeSocketAddress(this.address.bytes, params.to.host, params.to.port);
    // struct linger: on, for no time, so that close(2) resets (socket(7)).
    this.linger = libc.allocate(8);
    this.linger.bytes.writeInt32LE(1);
  }

  async run(): Promise<FloodCounts> {
    const begun = performance.now();
    while (this.attempts.length < this.params.attempts || this.going > 0) {
      this.endOld();
      this.startSome();
      for (let told = batch; told === batch; ) told = this.look();
      await delay(interval);
    }
    this.epoll.close();
    const { connected, turnedAway, peak } = this;
    return { connected, turnedAway, peak, seconds: (performance.now() - begun) / 1_000 };
  }

  private startSome(): void {
    const { attempts, atOnce, hold } = this.params;
    for (let count = 0; count < burst && this.attempts.length < attempts && this.going < atOnce; count += 1) {
      const fd = this.libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0);
      if (fd < 0) throw new SystemError(fd, 'socket');
      const result = this.libc.connect(fd, this.address.address, this.addressLength);
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

serve<FloodLoad>({
  async run(params) {
    const loaded = await loadLibc();
    if (!loaded.ok) throw new Error(`Cannot flood: ${loaded.why}`);
    return await new Flood(loaded.libc, params).run();
  },
});
