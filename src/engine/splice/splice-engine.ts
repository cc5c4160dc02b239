import type { SocketAddress } from '../../base/address.ts';
import type { Libc } from '../../libc/libc.ts';
import { crash } from '../crashable.ts';
import type {
  Dial,
  DialOptions,
  Engine,
  HeadOptions,
  HeadReading,
  Leg,
  ListenAddress,
  Listening,
  ListenOptions,
  Relay,
  RelayOptions,
} from '../engine.ts';
import { firstEphemeralPort } from '../ephemeral-ports.ts';
import { HeldBytes } from '../held-bytes.ts';
import { LegHead } from '../leg-head.ts';
import { LegRelay, type MakeDirection } from '../leg-relay.ts';
import { SendQueues } from '../send-queues.ts';
import { Sweeper } from '../sweeper.ts';
import { Listeners } from './listeners.ts';
import { PausedAcceptors } from './paused-acceptors.ts';
import { PipePool } from './pipe-pool.ts';
import { Reactor } from './reactor.ts';
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
  /** Bytes that all sessions together may hold in memory, beside `smallHold` each way and what is in pipes; left out: no bound. */
  readonly memory?: number;
}

/** Bytes that a copying read takes at most, and so what a direction holds in memory. */
const bufferSize = 256 * 1024;

/** The zero-copy engine: sockets of our own in an epoll descriptor, bulk moved by splice(2). Linux only. */
export class SpliceEngine implements Engine {
  readonly name = 'splice';
  /** New clients wait in the kernel's queue. */
  readonly waiting = 0;
  private readonly io: SpliceIo;
  private readonly listeners: Listeners;
  private readonly pausedAcceptors = new PausedAcceptors();
  /**
   * What is ready is looked at before deadlines: after SIGSTOP and SIGCONT both are due at once. Two, because a sweeper's
   * tick suits its most urgent item: a short dial must not have all relays looked at.
   */
  private readonly dialSweeper: Sweeper;
  private readonly relaySweeper: Sweeper;
  private readonly makeDirection: MakeDirection<SpliceLeg>;

  /** Throws a SystemError where there is no descriptor left, or an error of Node's loop. */
  constructor(libc: Libc, options: SpliceEngineOptions) {
    const reactor = new Reactor(libc);
    this.listeners = openListeners(libc, reactor);
    const held = new HeldBytes(options.memory ?? Number.POSITIVE_INFINITY, bufferSize);
    const socketOptions = new SocketOptions(libc);
    const io: SpliceIo = {
      libc,
      reactor,
      options: socketOptions,
      pipes: new PipePool(libc, options.pipes),
      sendQueues: new SendQueues(),
      buffer: libc.allocate(bufferSize),
      spares: new SpareMemory(libc, bufferSize, held),
      held,
      address: libc.allocate(64),
      firstEphemeralPort: firstEphemeralPort(),
    };
    this.io = io;
    this.dialSweeper = new Sweeper(() => reactor.look());
    this.relaySweeper = new Sweeper(() => reactor.look());
    this.makeDirection = (from, to, owner) => new SpliceDirection(from, to, io, owner);
  }

  async listen(at: ListenAddress, options: ListenOptions): Promise<Listening> {
    const { io, listeners, pausedAcceptors } = this;
    return SpliceAcceptor.open(at, options, { io, listeners, pausedAcceptors });
  }

  dial(to: SocketAddress, options: DialOptions): Dial {
    return new SpliceDial(to, options, this.io, this.dialSweeper);
  }

  head(leg: Leg, options: HeadOptions): HeadReading {
    const ours = own(leg);
    const head = new LegHead(ours, options, this.dialSweeper, this.io.held);
    try {
      new SpliceHead(ours, this.io, head).start();
    } catch (error) {
      crash(ours, error);
    }
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
    this.pausedAcceptors.admit();
  }

  shutDown(): void {
    this.dialSweeper.close();
    this.relaySweeper.close();
    this.io.sendQueues.close();
    this.pausedAcceptors.close();
    this.listeners.shutDown();
    this.io.pipes.close();
    this.io.reactor.shutDown();
  }
}

/** Shuts the reactor down where it throws. */
function openListeners(libc: Libc, reactor: Reactor): Listeners {
  try {
    return new Listeners(libc, reactor);
  } catch (error) {
    reactor.shutDown();
    throw error;
  }
}

function own(leg: Leg): SpliceLeg {
  if (leg instanceof SpliceLeg) return leg;
  throw new TypeError('Cannot use a leg of another engine');
}
