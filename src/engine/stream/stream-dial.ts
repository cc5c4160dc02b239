import { connect, type Socket } from 'node:net';
import type { SocketAddress } from '../../base/address.ts';
import { dialFailureOf } from '../dial-failure.ts';
import type { Dial, Dialed, DialOptions } from '../engine.ts';
import { type LegIo, StreamLeg } from './stream-leg.ts';

/** Node's timers fire at once beyond this, milliseconds. */
const longestTimer = 2 ** 31 - 1;

function expire(dial: StreamDial): void {
  // What has arrived while the process was stopped is looked at before the deadline (see Sweeper).
  setImmediate(timeOut, dial);
}

function timeOut(dial: StreamDial): void {
  dial.fail({ ok: false, reason: 'dial timed out' });
}

/** One try to connect to a literal address. */
export class StreamDial implements Dial {
  readonly done: Promise<Dialed>;
  private readonly socket: Socket;
  private readonly leg: StreamLeg;
  private readonly timer: NodeJS.Timeout;
  private resolve: ((outcome: Dialed) => void) | null = null;

  constructor(to: SocketAddress, options: DialOptions, io: LegIo) {
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    const { internals, readBuffer } = io;
    this.socket = connect({
      host: to.address,
      port: to.port,
      // The resolver walks addresses; here is one, and no second try behind our back.
      autoSelectFamily: false,
      allowHalfOpen: true,
      noDelay: true,
      ...(internals !== null && {
        onread: { buffer: readBuffer, callback: (length) => this.leg.bytes(readBuffer, length) },
      }),
    });
    this.leg = new StreamLeg(this.socket, io);
    this.leg.onDialFailed = (error) => this.fail({ ok: false, reason: dialFailureOf(error), error });
    this.socket.on('connect', () => this.connected(to));
    if (internals === null) this.leg.readPublicly();
    this.timer = setTimeout(expire, Math.min(options.timeout, longestTimer), this);
  }

  cancel(): void {
    this.fail({ ok: false, reason: 'cancelled' });
  }

  fail(outcome: Dialed): void {
    if (this.resolve === null) return;
    this.socket.destroy();
    this.settle(outcome);
  }

  private connected(to: SocketAddress): void {
    const { socket } = this;
    // A dial to a free port of this machine may be given that very port as its own, and connect to itself.
    if (to.port >= this.leg.io.firstEphemeralPort && socket.localPort === to.port && socket.localAddress === socket.remoteAddress) {
      this.fail({ ok: false, reason: 'refused' });
      return;
    }
    this.leg.onDialFailed = null;
    this.settle({ ok: true, leg: this.leg });
  }

  private settle(outcome: Dialed): void {
    clearTimeout(this.timer);
    this.resolve?.(outcome);
    this.resolve = null;
  }
}
