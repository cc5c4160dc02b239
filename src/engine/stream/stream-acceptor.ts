import { createServer, type Server, type Socket } from 'node:net';
import type { SocketAddress } from '../../base/address.ts';
import { errnoOf } from '../../base/errors.ts';
import type { Acceptor, ListenAddress, Listening, ListenOptions } from '../engine.ts';
import type { LegContext } from './leg-context.ts';
import { StreamLeg } from './stream-leg.ts';
import type { WaitingAcceptor, WaitingRoom } from './waiting-room.ts';

/** More than any somaxconn: listen(2) cuts it down to /proc/sys/net/core/somaxconn. */
const backlog = 65_535;

/** What the acceptors of one engine share. */
interface AcceptorContext {
  readonly legs: LegContext;
  readonly waitingRoom: WaitingRoom;
}

/** A listening socket. Each new client becomes a session, waits in the waiting room, or is reset. */
export class StreamAcceptor implements Acceptor, WaitingAcceptor {
  private readonly server: Server;
  private readonly options: ListenOptions;
  private readonly context: AcceptorContext;
  private address: SocketAddress = { address: '', port: 0 };

  private constructor(options: ListenOptions, context: AcceptorContext) {
    this.options = options;
    this.context = context;
    this.server = createServer(
      {
        allowHalfOpen: true,
        noDelay: true,
        // Only the public way buffers in the Readable: one chunk at most, after which the kernel is not read.
        ...(context.legs.internals === null && { highWaterMark: 1 }),
      },
      (socket) => this.accepted(socket),
    );
  }

  /** Resolves when the address is bound and listening. */
  static open(at: ListenAddress, options: ListenOptions, context: AcceptorContext): Promise<Listening> {
    const acceptor = new StreamAcceptor(options, context);
    const { server } = acceptor;
    return new Promise((resolve) => {
      server.once('error', (error) => resolve({ ok: false, code: errnoOf(error) ?? 'UNKNOWN', error }));
      server.listen({ host: at.address, port: at.port, ipv6Only: !at.dualStack, backlog, exclusive: true }, () => {
        server.removeAllListeners('error');
        // Errors of accept(2), such as EMFILE, concern one client; the listener stays open.
        server.on('error', () => {});
        const bound = server.address();
        if (typeof bound === 'object' && bound !== null)
          acceptor.address = { address: bound.address, port: bound.port };
        context.waitingRoom.open(acceptor);
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

  close(): void {
    this.context.waitingRoom.close(this);
    if (this.server.listening) this.server.close();
  }

  private accepted(socket: Socket): void {
    const { legs, waitingRoom } = this.context;
    const leg = new StreamLeg(socket, legs);
    // The receive queue is not limited: that would slow down a client that is far away.
    legs.limitQueues(leg, 'unsent');
    if (this.hasRoom() && !waitingRoom.has(this)) this.enter(leg);
    else if (this.options.mayWait?.(leg) === false) leg.reset();
    else if (!waitingRoom.add(leg, this)) {
      leg.reset();
      this.options.onTurnedAway?.();
    }
  }
}
