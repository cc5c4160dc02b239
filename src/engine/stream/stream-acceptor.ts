import { createServer, type Server, type Socket } from 'node:net';
import type { SocketAddress } from '../../base/address.ts';
import { errnoOf } from '../../base/errors.ts';
import { type Ip, ipOf } from '../../base/ip.ts';
import type { Acceptor, ListenAddress, Listening, ListenOptions } from '../engine.ts';
import type { BusyAcceptor, BusyAcceptors } from './busy-acceptors.ts';
import type { LegIo } from './leg-io.ts';
import type { Incoming, Tap } from './server-internals.ts';
import { StreamLeg } from './stream-leg.ts';
import type { WaitingAcceptor, WaitingRoom } from './waiting-room.ts';

/** More than any somaxconn: listen(2) cuts it down to /proc/sys/net/core/somaxconn. */
const backlog = 65_535;

/** What the acceptors of one engine share. */
interface AcceptorContext {
  readonly io: LegIo;
  readonly waitingRoom: WaitingRoom;
  readonly bursts: BusyAcceptors;
  /** `none`: acceptors are never shut. */
  readonly taps: 'auto' | 'none';
}

/** Bytes of a new client that has queued that are read before Node makes a socket of it, at most: they fit into the leg's head. */
const firstRead = 4_096;
/** What it costs to drop one who has gone, as a share of what a session does. */
const costOfGone = 1 / 4;

/**
 * A listening socket. New clients become sessions while there is room. The first for whom there is none waits in the waiting room, and
 * shuts the acceptor: those behind it wait in the kernel's queue, and so does a burst, but for those whose turn it is. Without a tap
 * all wait in the waiting room, as long as it has places, and a burst comes in as it comes.
 */
export class StreamAcceptor implements Acceptor, WaitingAcceptor, BusyAcceptor {
  readonly flow: number;
  private readonly server: Server;
  private readonly options: ListenOptions;
  private readonly context: AcceptorContext;
  private address: SocketAddress = { address: '', port: 0 };
  private tap: Tap | null = null;
  private state: 'open' | 'shut' | 'closed' = 'open';
  /** Whether new clients may have queued while the acceptor was shut, and left. */
  private queue: 'maybe' | 'empty' = 'empty';
  /** Since it was looked at last. */
  private came: 'nobody' | 'somebody' = 'nobody';
  /** How often it was opened after it was shut. */
  private openings = 0;
  /** Bytes that were read of the new client of which Node makes a socket now, in the read buffer. */
  private sent = 0;

  private constructor(flow: number, options: ListenOptions, context: AcceptorContext) {
    this.flow = flow;
    this.options = options;
    this.context = context;
    this.server = createServer(
      {
        allowHalfOpen: true,
        // Only the public way buffers in the Readable: one chunk at most, after which the kernel is not read.
        ...(context.io.internals === null && { highWaterMark: 1 }),
      },
      (socket) => this.accepted(socket),
    );
  }

  /** Resolves when the address is bound and listening. `flow`: a number of its own, from 1 on. */
  static open(at: ListenAddress, flow: number, options: ListenOptions, context: AcceptorContext): Promise<Listening> {
    const acceptor = new StreamAcceptor(flow, options, context);
    const { server } = acceptor;
    return new Promise((resolve) => {
      server.once('error', (error) => resolve({ ok: false, code: errnoOf(error) ?? 'UNKNOWN', error }));
      server.listen({ host: at.address, port: at.port, ipv6Only: !at.dualStack, backlog, exclusive: true }, () => {
        server.removeAllListeners('error');
        // Accept errors (EMFILE ...) are the kernel's word on one client; the acceptor stays open.
        server.on('error', () => {});
        const bound = server.address();
        if (typeof bound === 'object' && bound !== null)
          acceptor.address = { address: bound.address, port: bound.port };
        context.io.internals?.askBeforeAccepting(server, (incoming) => acceptor.ask(incoming));
        if (context.taps === 'auto') acceptor.tap = context.io.internals?.findTap(server) ?? null;
        resolve({ ok: true, acceptor });
      });
    });
  }

  get local(): SocketAddress {
    return this.address;
  }

  hasRoom(): boolean {
    return this.options.room() !== 'none';
  }

  enter(leg: StreamLeg): void {
    this.options.onClient(leg);
  }

  lostPlace(): void {
    this.options.onTurnedAway?.();
  }

  nobodyWaits(): void {
    this.open();
  }

  get busy(): boolean {
    return this.options.room() === 'paced';
  }

  /** New clients are left in the kernel's queue, where that can be done. */
  shut(): void {
    if (this.tap === null || this.state !== 'open') return;
    this.state = 'shut';
    this.queue = 'maybe';
    this.tap.shut();
  }

  /** Not while somebody waits in the waiting room. */
  open(): void {
    if (this.state !== 'shut' || this.context.waitingRoom.has(this)) return;
    this.state = 'open';
    this.tap?.open();
    this.openings += 1;
    this.watchQueue(this.openings);
  }

  close(): void {
    this.state = 'closed';
    this.context.bursts.delete(this);
    this.context.waitingRoom.close(this);
    if (this.server.listening) this.server.close();
  }

  /** Before Node makes a socket of it, which costs more than all else that is done with one who has to go. */
  private ask(incoming: Incoming): 'welcome' | 'dropped' {
    this.came = 'somebody';
    const { waitingRoom } = this.context;
    const sent = this.readFirst(incoming);
    if (sent === 'left') {
      this.hasCome(costOfGone);
      return this.drop(incoming);
    }
    if (this.hasRoom()) this.hasCome(1);
    else if (!waitingRoom.hasPlace(this)) {
      if (this.mayWait(incoming)) this.options.onTurnedAway?.();
      return this.drop(incoming);
    }
    this.sent = sent;
    return 'welcome';
  }

  /** What a new client that has queued has sent, or whether it has left meanwhile, which is not worth a dial. */
  private readFirst(incoming: Incoming): number | 'left' {
    const { internals, buffers } = this.context.io;
    if (this.queue === 'empty' || internals === null) return 0;
    return internals.firstBytes(incoming, buffers.large.subarray(0, firstRead));
  }

  /** While somebody queues, libuv accepts one in each turn of its loop: the queue is empty after one in which nobody came. */
  private watchQueue(opening: number): void {
    this.came = 'nobody';
    // The first may be of this turn, whose poll is over.
    setImmediate(() =>
      setImmediate(() => {
        if (this.state !== 'open' || this.openings !== opening) return;
        if (this.came === 'somebody') this.watchQueue(opening);
        else this.queue = 'empty';
      }),
    );
  }

  private drop(incoming: Incoming): 'dropped' {
    this.context.io.internals?.turnAway(incoming);
    return 'dropped';
  }

  private hasCome(cost: number): void {
    if (this.tap !== null && this.busy) this.context.bursts.came(this, cost);
  }

  private mayWait(incoming: Incoming): boolean {
    const { internals } = this.context.io;
    const client = {
      get ip(): Ip | undefined {
        const peer = internals?.peerOf(incoming);
        return peer ? ipOf(peer.address) : undefined;
      },
    };
    return this.options.mayWait?.(client) !== false;
  }

  private accepted(socket: Socket): void {
    const { io, waitingRoom } = this.context;
    const leg = new StreamLeg(socket, io, io.buffers.take());
    leg.flow = this.flow;
    leg.readAccepted();
    // Not what it receives: that would slow a client down that is far away.
    io.queues(leg, 'unsent');
    if (this.sent > 0) leg.give(io.buffers.large, this.sent);
    this.sent = 0;
    if (waitingRoom.mayPass(this)) this.enter(leg);
    else if (this.options.mayWait?.(leg) === false) leg.reset();
    else if (waitingRoom.add(leg, this)) {
      if (!this.hasRoom()) this.shut();
    } else if (this.hasRoom()) this.enter(leg);
    else {
      leg.reset();
      this.options.onTurnedAway?.();
    }
  }
}
