/**
 * Half of a flood: silent connections to one listener or several, as many and as fast as this process can. They are
 * made by system calls: sockets of Node would take as much of the machine as the gateway, which a real flood does not.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../../../bench/agents/endpoint.ts';
import { serve } from '../../../bench/process/serve.ts';
import { EpollSet } from '../../../src/engine/splice/epoll-set.ts';
import {
  AF_INET,
  EINPROGRESS,
  EPOLL_CTL_ADD,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLOUT,
  EPOLLRDHUP,
  IP_BIND_ADDRESS_NO_PORT,
  IPPROTO_IP,
  SO_LINGER,
  SOCK_NONBLOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../../src/libc/constants.ts';
import { SystemError } from '../../../src/libc/errno.ts';
import { type Libc, loadLibc, type Memory } from '../../../src/libc/libc.ts';
import { socketAddressSize, writeSocketAddress } from '../../../src/libc/socket-address.ts';

export interface FloodLoad {
  run(params: FloodParams): Promise<FloodCounts>;
}

interface FloodParams {
  readonly to: Endpoint | readonly Endpoint[];
  /** Addresses that they come from in turn; the system's choice where it is left out. */
  readonly from?: readonly string[];
  /** Most that begin in a second; as many as can where it is left out. */
  readonly perSecond?: number;
  /** Attempts that begin at once, before that rate counts. */
  readonly first?: number;
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

/** A socket address where the kernel can read it. */
interface Address {
  readonly memory: Memory;
  readonly length: number;
}

function addressOf(libc: Libc, host: string, port: number): Address {
  const memory = libc.allocate(socketAddressSize);
  return { memory, length: writeSocketAddress(memory.bytes, host, port) };
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
  private readonly to: readonly Address[];
  private readonly from: readonly Address[];
  private readonly begun = performance.now();
  private readonly linger: Memory;
  private readonly one: Memory;
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
    this.to = ('host' in params.to ? [params.to] : params.to).map(({ host, port }) => addressOf(libc, host, port));
    this.from = (params.from ?? []).map((host) => addressOf(libc, host, 0));
    // struct linger: on, for no time, so that close(2) resets (socket(7)).
    this.linger = libc.allocate(8);
    this.linger.bytes.writeInt32LE(1);
    this.one = libc.allocate(4);
  }

  async run(): Promise<FloodCounts> {
    while (this.attempts.length < this.params.attempts || this.going > 0) {
      this.endOld();
      this.startSome();
      for (let events = batch; events === batch; ) events = this.look();
      await delay(interval);
    }
    this.epoll.close();
    const { connected, turnedAway, peak } = this;
    return { connected, turnedAway, peak, seconds: (performance.now() - this.begun) / 1_000 };
  }

  private startSome(): void {
    const { attempts, atOnce, hold, first = 0, perSecond = Number.POSITIVE_INFINITY } = this.params;
    const due = Math.min(attempts, first + (perSecond * (performance.now() - this.begun)) / 1_000);
    for (
      let count = 0;
      count < Math.max(burst, first) && this.attempts.length < due && this.going < atOnce;
      count += 1
    ) {
      const fd = this.libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0);
      if (fd < 0) throw new SystemError(fd, 'socket');
      const result = this.connect(fd);
      if (result < 0 && result !== EINPROGRESS) throw new SystemError(result, 'connect');
      this.epoll.control(EPOLL_CTL_ADD, fd, EPOLLET | EPOLLOUT | EPOLLRDHUP, this.attempts.length, 0);
      this.attempts.push({ fd, ends: performance.now() + hold, state: 'connecting' });
      this.going += 1;
    }
  }

  private connect(fd: number): number {
    const number = this.attempts.length;
    const [to, from] = [this.to[number % this.to.length], this.from[number % this.from.length]];
    if (to === undefined) throw new Error('Cannot flood: no listener was given');
    if (from !== undefined) {
      this.one.bytes.writeInt32LE(1);
      this.libc.setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, this.one.address, 4);
      const bound = this.libc.bind(fd, from.memory.address, from.length);
      if (bound < 0) throw new SystemError(bound, 'bind');
    }
    return this.libc.connect(fd, to.memory.address, to.length);
  }

  /** How many events there were. */
  private look(): number {
    const events = this.epoll.wait(0);
    for (let index = 0; index < events; index += 1) {
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
    return events;
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
