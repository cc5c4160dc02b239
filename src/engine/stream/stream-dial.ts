import { connect, type Socket } from 'node:net';
import type { SocketAddress } from '../../base/address.ts';
import { attempt, thrown } from '../crashable.ts';
import { dialFailureOf } from '../dial-failure.ts';
import type { Dial, Dialed, DialOptions } from '../engine.ts';
import type { Sweepable, Sweeper } from '../sweeper.ts';
import type { LegIo } from './leg-io.ts';
import { bytesRead, tellOfConnect } from './socket-handlers.ts';
import { StreamLeg } from './stream-leg.ts';

/** One try to connect to a literal address. */
export class StreamDial implements Dial, Sweepable {
  readonly done: Promise<Dialed>;
  slot = -1;
  private readonly to: SocketAddress;
  private readonly socket: Socket;
  private readonly leg: StreamLeg;
  private readonly sweeper: Sweeper;
  /** performance.now(), milliseconds. */
  private readonly deadline: number;
  private resolve: ((outcome: Dialed | Promise<Dialed>) => void) | null = null;

  constructor(to: SocketAddress, options: DialOptions, io: LegIo, sweeper: Sweeper) {
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.to = to;
    this.sweeper = sweeper;
    this.deadline = performance.now() + options.timeout;
    const { internals } = io;
    const buffer = io.buffers.take();
    this.socket = connect({
      host: to.address,
      port: to.port,
      // The resolver walks addresses; here is one, and no second try behind our back.
      autoSelectFamily: false,
      allowHalfOpen: true,
      ...(options.from !== undefined && { localAddress: options.from }),
      ...(internals !== null && {
        onread: { buffer, callback: (length) => bytesRead(this.leg, buffer, length) },
      }),
    });
    this.leg = new StreamLeg(this.socket, io, buffer);
    this.leg.dial = this;
    tellOfConnect(this.socket);
    if (internals === null) this.leg.readPublicly();
    sweeper.addOnce(this, options.timeout);
  }

  cancel(): void {
    this.fail({ ok: false, reason: 'cancelled' });
  }

  sweep(now: number): void {
    if (now >= this.deadline) this.fail({ ok: false, reason: 'dial timed out' });
  }

  /** The socket is connected. */
  connected(): void {
    const { socket, to, leg } = this;
    leg.io.queues(leg, 'both');
    // A dial to a free port of this machine may be given that very port as its own, and connect to itself.
    const maybeItself = to.port >= this.leg.io.firstEphemeralPort && socket.localPort === to.port;
    if (maybeItself && socket.localAddress === socket.remoteAddress) this.fail({ ok: false, reason: 'refused' });
    else this.settle({ ok: true, leg: this.leg });
  }

  /** The socket could not be connected. */
  failed(error: Error): void {
    this.fail({ ok: false, reason: dialFailureOf(error), error });
  }

  crashed(error: unknown): void {
    if (this.resolve === null) return;
    this.settle(Promise.reject(thrown(error)));
    attempt(() => this.socket.destroy());
  }

  private fail(outcome: Dialed): void {
    if (this.resolve === null) return;
    this.socket.destroy();
    this.settle(outcome);
  }

  private settle(outcome: Dialed | Promise<Dialed>): void {
    this.sweeper.delete(this);
    this.leg.dial = null;
    this.resolve?.(outcome);
    this.resolve = null;
  }
}
