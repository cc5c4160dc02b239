import { readFileSync } from 'node:fs';
import type { SocketAddress } from '../../base/address.ts';
import type { Libc } from '../../libc/libc.ts';
import { contain } from '../crashable.ts';
import type {
  Dial,
  DialOptions,
  Engine,
  EngineLimits,
  HeadOptions,
  HeadReading,
  Leg,
  ListenAddress,
  Listening,
  ListenOptions,
  Relay,
  RelayOptions,
} from '../engine.ts';
import { HeldBytes } from '../held-bytes.ts';
import { LegHead } from '../leg-head.ts';
import { LegRelay } from '../leg-relay.ts';
import type { Loop } from '../loop.ts';
import type { MakeDirection } from '../relayed-leg.ts';
import { SendQueues } from '../send-queues.ts';
import { Sweeper } from '../sweeper.ts';
import { Listeners } from './listeners.ts';
import { PipePool } from './pipe-pool.ts';
import { Reactor } from './reactor.ts';
import { SocketNames } from './socket-names.ts';
import { SocketOptions } from './socket-options.ts';
import { SpareMemory } from './spare-memory.ts';
import { SpliceAcceptor } from './splice-acceptor.ts';
import { SpliceDial } from './splice-dial.ts';
import { SpliceDirection } from './splice-direction.ts';
import { SpliceHead } from './splice-head.ts';
import type { SpliceIo } from './splice-io.ts';
import { SpliceLeg } from './splice-leg.ts';

export interface SpliceEngineOptions {
  /** Pipes that may exist at once; two descriptors each. 0: everything is copied. */
  readonly pipes: number;
  /** Bytes that all sessions together may hold in memory, beside `smallHold` each way and what is in pipes. */
  readonly memory?: number;
}

/** The most that a copying read takes, and so what a direction holds in memory, bytes. */
const bufferSize = 256 * 1024;

/** The zero-copy engine: sockets of its own in an epoll descriptor, bulk moved by splice(2). Linux only. */
export class SpliceEngine implements Engine {
  readonly name = 'splice';
  /** New clients wait in the kernel's queue. */
  readonly waiting = 0;
  private readonly io: SpliceIo;
  private readonly listeners: Listeners;
  /** Two sweepers: the tick of one suits its most urgent item, and a short dial must not have all relays looked at. */
  private readonly dialSweeper: Sweeper;
  private readonly relaySweeper: Sweeper;
  private readonly makeDirection: MakeDirection<SpliceLeg>;

  /** The engine drives `loop` until it is shut down. Throws a SystemError where there is no descriptor left. */
  constructor(libc: Libc, loop: Loop, options: SpliceEngineOptions) {
    const reactor = new Reactor(libc, loop);
    this.listeners = openListeners(libc, reactor, loop);
    const held = new HeldBytes(options.memory ?? Number.POSITIVE_INFINITY, bufferSize);
    const socketOptions = new SocketOptions(libc);
    const io: SpliceIo = {
      libc,
      loop,
      reactor,
      names: new SocketNames(libc),
      options: socketOptions,
      pipes: new PipePool(libc, options.pipes),
      sendQueues: new SendQueues(loop),
      buffer: libc.allocate(bufferSize),
      spares: new SpareMemory(libc, bufferSize, held),
      held,
      firstEphemeralPort: firstEphemeralPort(),
    };
    this.io = io;
    // What is ready is handled before deadlines are looked at: after SIGSTOP and SIGCONT both are due at once.
    const lookFirst = (): 'all seen' | 'more' => reactor.look();
    this.dialSweeper = new Sweeper(lookFirst, loop);
    this.relaySweeper = new Sweeper(lookFirst, loop);
    this.makeDirection = (from, to, owner) => new SpliceDirection(from, to, io, owner);
  }

  async listen(at: ListenAddress, options: ListenOptions): Promise<Listening> {
    return SpliceAcceptor.open(at, options, this.io, this.listeners);
  }

  dial(to: SocketAddress, options: DialOptions): Dial {
    return new SpliceDial(to, options, this.io, this.dialSweeper);
  }

  head(leg: Leg, options: HeadOptions): HeadReading {
    const ours = own(leg);
    const head = new LegHead(ours, options, this.dialSweeper, this.io.held);
    contain(ours, () => new SpliceHead(ours, this.io, head).start());
    return head;
  }

  relay(client: Leg, target: Leg, options: RelayOptions): Relay {
    const [ours, theirs] = [own(client), own(target)];
    theirs.flow = ours.flow;
    return new LegRelay(ours, theirs, options, this.relaySweeper, this.makeDirection);
  }

  close(leg: Leg, how: 'fin' | 'rst'): void {
    if (how === 'rst') own(leg).reset();
    else own(leg).destroy();
  }

  admitWaiting(): void {
    this.listeners.admitWaiting();
  }

  configure({ pipes, memory }: EngineLimits): void {
    this.io.pipes.update(pipes);
    this.io.held.update(memory);
  }

  shutDown(): void {
    this.dialSweeper.close();
    this.relaySweeper.close();
    this.io.sendQueues.close();
    this.listeners.shutDown();
    this.io.pipes.close();
    this.io.reactor.shutDown();
  }
}

/** Shuts the reactor down where it throws. */
function openListeners(libc: Libc, reactor: Reactor, loop: Loop): Listeners {
  try {
    return new Listeners(libc, reactor, loop);
  } catch (error) {
    reactor.shutDown();
    throw error;
  }
}

/** The lower end of ip_local_port_range (ip(7)); 1024, the lowest on any system, where it cannot be read. */
function firstEphemeralPort(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1'), 10);
  } catch {
    return 1024;
  }
}

function own(leg: Leg): SpliceLeg {
  if (leg instanceof SpliceLeg) return leg;
  throw new TypeError('Cannot use a leg of another engine');
}
