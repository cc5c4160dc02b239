import { createServer, type Server, type Socket } from 'node:net';
import type { SocketAddress } from '../../base/address.ts';
import { errnoOf } from '../../base/errors.ts';
import { type Ip, ipOf } from '../../base/ip.ts';
import type { Door, ListenAddress, Listening, ListenOptions } from '../engine.ts';
import type { HeldNewcomers, HoldingDoor } from './held-newcomers.ts';
import type { LegIo } from './leg-io.ts';
import type { Newcomer } from './node-internals.ts';
import { StreamLeg } from './stream-leg.ts';
import type { WaitingDoor, WaitingRoom } from './waiting-room.ts';

/** More than any somaxconn: listen(2) cuts it down to /proc/sys/net/core/somaxconn. */
const backlog = 65_535;

/** What the doors of one engine share. */
interface DoorHouse {
  readonly io: LegIo;
  readonly waitingRoom: WaitingRoom;
  readonly held: HeldNewcomers;
}

/** A listening socket: newcomers become sessions while there is room, then wait, then are reset. A crowd is kept back. */
export class StreamDoor implements Door, WaitingDoor, HoldingDoor {
  readonly lane: number;
  private readonly server: Server;
  private readonly options: ListenOptions;
  private readonly house: DoorHouse;
  private address: SocketAddress = { address: '', port: 0 };
  /** Node makes a socket of one who had a place kept: he need not ask for room again. */
  private entering: 'newcomers' | 'one with a place' = 'newcomers';

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
        house.io.internals?.askBeforeAccepting(server, (newcomer) => door.came(newcomer));
        resolve({ ok: true, door });
      });
    });
  }

  get local(): SocketAddress {
    return this.address;
  }

  get crowded(): boolean {
    return this.options.crowded?.() === true;
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

  admitHeld(newcomer: Newcomer): 'entered' | 'gone' {
    const { internals } = this.house.io;
    if (internals === null || internals.isGone(newcomer)) {
      this.dropHeld(newcomer);
      return 'gone';
    }
    this.options.release?.();
    this.entering = 'one with a place';
    try {
      internals.welcome(this.server, newcomer);
    } finally {
      this.entering = 'newcomers';
    }
    return 'entered';
  }

  dropHeld(newcomer: Newcomer): void {
    this.options.release?.();
    this.house.io.internals?.turnAway(newcomer);
  }

  close(): void {
    // First: the places of those who were kept back are for who waits at another door.
    this.house.waitingRoom.close(this);
    this.house.held.drop(this);
    if (this.server.listening) this.server.close();
  }

  /** Before Node makes a socket of it, which costs more than all else that is done with one who has to go. */
  private came(newcomer: Newcomer): 'welcome' | 'kept' {
    const { held, waitingRoom } = this.house;
    if (!this.hasRoom()) {
      if (waitingRoom.hasPlace(this)) return 'welcome';
      if (this.mayWait(newcomer)) this.options.onTurnedAway?.();
      this.house.io.internals?.turnAway(newcomer);
      return 'kept';
    }
    // Who waits for this door comes first.
    if (waitingRoom.has(this) || !(held.has(this) || this.crowded)) return 'welcome';
    if (!this.mayWait(newcomer)) this.house.io.internals?.turnAway(newcomer);
    else if (this.options.reserve?.() === true) held.add(newcomer, this);
    else return 'welcome';
    return 'kept';
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
    const leg = new StreamLeg(socket, io);
    leg.lane = this.lane;
    leg.readAccepted();
    if (this.entering === 'one with a place' || waitingRoom.mayPass(this)) this.enter(leg);
    else if (this.options.mayWait?.(leg) === false) leg.reset();
    else if (waitingRoom.add(leg, this)) return;
    else if (this.hasRoom()) this.enter(leg);
    else {
      leg.reset();
      this.options.onTurnedAway?.();
    }
  }
}
