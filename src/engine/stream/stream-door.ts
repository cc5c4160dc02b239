import { createServer, type Server, type Socket } from 'node:net';
import type { SocketAddress } from '../../base/address.ts';
import { errnoOf } from '../../base/errors.ts';
import type { Door, ListenAddress, Listening, ListenOptions } from '../engine.ts';
import type { LegIo } from './leg-io.ts';
import { StreamLeg } from './stream-leg.ts';
import type { WaitingDoor, WaitingRoom } from './waiting-room.ts';

/** More than any somaxconn: listen(2) cuts it down to /proc/sys/net/core/somaxconn. */
const backlog = 65_535;

/** A listening socket: newcomers become sessions while there is room, then wait, then are reset. */
export class StreamDoor implements Door, WaitingDoor {
  private readonly server: Server;
  private readonly options: ListenOptions;
  private readonly io: LegIo;
  private readonly waitingRoom: WaitingRoom;
  private address: SocketAddress = { address: '', port: 0 };

  private constructor(options: ListenOptions, io: LegIo, waitingRoom: WaitingRoom) {
    this.options = options;
    this.io = io;
    this.waitingRoom = waitingRoom;
    this.server = createServer(
      {
        allowHalfOpen: true,
        // Only the public way buffers in the Readable: one chunk at most, after which the kernel is not read.
        ...(io.internals === null && { highWaterMark: 1 }),
      },
      (socket) => this.accepted(socket),
    );
  }

  /** Resolves when the address is bound and listening. */
  static open(at: ListenAddress, options: ListenOptions, io: LegIo, waitingRoom: WaitingRoom): Promise<Listening> {
    const door = new StreamDoor(options, io, waitingRoom);
    const { server } = door;
    return new Promise((resolve) => {
      server.once('error', (error) => resolve({ ok: false, code: errnoOf(error) ?? 'UNKNOWN', error }));
      server.listen({ host: at.address, port: at.port, ipv6Only: !at.dualStack, backlog, exclusive: true }, () => {
        server.removeAllListeners('error');
        // Accept errors (EMFILE ...) are the kernel's word on one client; the door stays open.
        server.on('error', () => {});
        const bound = server.address();
        if (typeof bound === 'object' && bound !== null) door.address = { address: bound.address, port: bound.port };
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

  close(): void {
    this.waitingRoom.close(this);
    if (this.server.listening) this.server.close();
  }

  private accepted(socket: Socket): void {
    const leg = new StreamLeg(socket, this.io);
    leg.readAccepted();
    if (this.waitingRoom.mayPass(this)) this.enter(leg);
    else if (this.options.mayWait?.(leg) === false) leg.reset();
    else if (this.waitingRoom.add(leg, this)) return;
    else if (this.hasRoom()) this.enter(leg);
    else {
      leg.reset();
      this.options.onTurnedAway?.();
    }
  }
}
