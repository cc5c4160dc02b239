import { createServer, type Server, type Socket } from 'node:net';
import type { SocketAddress } from '../../base/address.ts';
import { errnoOf } from '../../base/errors.ts';
import { type Ip, ipOf } from '../../base/ip.ts';
import type { Door, ListenAddress, Listening, ListenOptions } from '../engine.ts';
import type { CrowdedDoor, CrowdedDoors } from './crowded-doors.ts';
import type { LegIo } from './leg-io.ts';
import type { Newcomer, Tap } from './server-internals.ts';
import { StreamLeg } from './stream-leg.ts';
import type { WaitingDoor, WaitingRoom } from './waiting-room.ts';

/** More than any somaxconn: listen(2) cuts it down to /proc/sys/net/core/somaxconn. */
const backlog = 65_535;

/** What the doors of one engine share. */
interface DoorHouse {
  readonly io: LegIo;
  readonly waitingRoom: WaitingRoom;
  readonly crowds: CrowdedDoors;
  /** `none`: doors are never shut. */
  readonly taps: 'auto' | 'none';
}

/** Bytes of a newcomer that has queued that are read before Node makes a socket of it, at most: they fit into the leg's head. */
const firstRead = 4_096;
/** What it costs to drop one who has gone, as a share of what a session does. */
const costOfGone = 1 / 4;

/**
 * A listening socket. Newcomers become sessions while there is room. The first for whom there is none waits in the waiting room, and
 * shuts the door: those behind it wait in the kernel's queue, and so does a crowd, but for those whose turn it is. Without a tap
 * all wait in the waiting room, as long as it has places, and a crowd comes in as it comes.
 */
export class StreamDoor implements Door, WaitingDoor, CrowdedDoor {
  readonly lane: number;
  private readonly server: Server;
  private readonly options: ListenOptions;
  private readonly house: DoorHouse;
  private address: SocketAddress = { address: '', port: 0 };
  private tap: Tap | null = null;
  private state: 'open' | 'shut' | 'closed' = 'open';
  /** Whether newcomers may have queued while the door was shut, and left. */
  private queue: 'maybe' | 'empty' = 'empty';
  /** Since it was looked at last. */
  private came: 'nobody' | 'somebody' = 'nobody';
  /** How often it was opened after it was shut. */
  private openings = 0;
  /** Bytes that were read of the newcomer of which Node makes a socket now, in the read buffer. */
  private sent = 0;

  private constructor(lane: number, options: ListenOptions, house: DoorHouse) {
    this.lane = lane;
    this.options = options;
    this.house = house;
    this.server = createServer(
      {
        allowHalfOpen: true,
        // Only the public way buffers in the Readable: one chunk at most, after which the kernel is not read.
        ...(house.io.internals === null && { highWaterMark: 1 }),
      },
      (socket) => this.accepted(socket),
    );
  }

  /** Resolves when the address is bound and listening. `lane`: a number of its own, from 1 on. */
  static open(at: ListenAddress, lane: number, options: ListenOptions, house: DoorHouse): Promise<Listening> {
    const door = new StreamDoor(lane, options, house);
    const { server } = door;
    return new Promise((resolve) => {
      server.once('error', (error) => resolve({ ok: false, code: errnoOf(error) ?? 'UNKNOWN', error }));
      server.listen({ host: at.address, port: at.port, ipv6Only: !at.dualStack, backlog, exclusive: true }, () => {
        server.removeAllListeners('error');
        // Accept errors (EMFILE ...) are the kernel's word on one client; the door stays open.
        server.on('error', () => {});
        const bound = server.address();
        if (typeof bound === 'object' && bound !== null) door.address = { address: bound.address, port: bound.port };
        house.io.internals?.askBeforeAccepting(server, (newcomer) => door.ask(newcomer));
        if (house.taps === 'auto') door.tap = house.io.internals?.findTap(server) ?? null;
        resolve({ ok: true, door });
      });
    });
  }

  get local(): SocketAddress {
    return this.address;
  }

  hasRoom(): boolean {
    return this.options.hasRoom();
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

  get crowded(): boolean {
    return this.options.burst?.() === 'here';
  }

  /** Newcomers are left in the kernel's queue, where that can be done. */
  shut(): void {
    if (this.tap === null || this.state !== 'open') return;
    this.state = 'shut';
    this.queue = 'maybe';
    this.tap.shut();
  }

  /** Not while somebody waits in the waiting room. */
  open(): void {
    if (this.state !== 'shut' || this.house.waitingRoom.has(this)) return;
    this.state = 'open';
    this.tap?.open();
    this.openings += 1;
    this.watchQueue(this.openings);
  }

  close(): void {
    this.state = 'closed';
    this.house.crowds.delete(this);
    this.house.waitingRoom.close(this);
    if (this.server.listening) this.server.close();
  }

  /** Before Node makes a socket of it, which costs more than all else that is done with one who has to go. */
  private ask(newcomer: Newcomer): 'welcome' | 'dropped' {
    this.came = 'somebody';
    const { waitingRoom } = this.house;
    const sent = this.readFirst(newcomer);
    if (sent === 'left') {
      this.hasCome(costOfGone);
      return this.drop(newcomer);
    }
    if (this.hasRoom()) this.hasCome(1);
    else if (!waitingRoom.hasPlace(this)) {
      if (this.mayWait(newcomer)) this.options.onTurnedAway?.();
      return this.drop(newcomer);
    }
    this.sent = sent;
    return 'welcome';
  }

  /** What a newcomer that has queued has sent, or whether it has left meanwhile, which is not worth a dial. */
  private readFirst(newcomer: Newcomer): number | 'left' {
    const { internals, buffers } = this.house.io;
    if (this.queue === 'empty' || internals === null) return 0;
    return internals.firstBytes(newcomer, buffers.large.subarray(0, firstRead));
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

  private drop(newcomer: Newcomer): 'dropped' {
    this.house.io.internals?.turnAway(newcomer);
    return 'dropped';
  }

  private hasCome(cost: number): void {
    if (this.tap !== null && this.crowded) this.house.crowds.came(this, cost);
  }

  private mayWait(newcomer: Newcomer): boolean {
    const { internals } = this.house.io;
    const client = {
      get ip(): Ip {
        const peer = internals?.peerOf(newcomer);
        return peer ? ipOf(peer.address) : 0;
      },
    };
    return this.options.mayWait?.(client) !== false;
  }

  private accepted(socket: Socket): void {
    const { io, waitingRoom } = this.house;
    const leg = new StreamLeg(socket, io, io.buffers.take());
    leg.lane = this.lane;
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
