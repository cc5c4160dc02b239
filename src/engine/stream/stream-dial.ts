import { connect, type Socket } from 'node:net';
import type { SocketAddress } from '../../base/address.ts';
import { noSlot } from '../../base/slot-list.ts';
import { attempt, thrown } from '../crashable.ts';
import { dialFailureOf } from '../dial-failure.ts';
import type { Dial, Dialed, DialOptions } from '../engine.ts';
import type { Sweepable, Sweeper } from '../sweeper.ts';
import type { LegContext } from './leg-context.ts';
import { guarded } from './socket-events.ts';
import { StreamLeg } from './stream-leg.ts';

/** One try to connect to a literal address. */
export class StreamDial implements Dial, Sweepable {
  readonly done: Promise<Dialed>;
  slot = noSlot;
  private readonly to: SocketAddress;
  private readonly socket: Socket;
  private readonly context: LegContext;
  private readonly sweeper: Sweeper;
  /** performance.now(), milliseconds. */
  private readonly deadline: number;
  private resolve: ((outcome: Dialed | Promise<Dialed>) => void) | null = null;

  constructor(to: SocketAddress, options: DialOptions, context: LegContext, sweeper: Sweeper) {
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.to = to;
    this.context = context;
    this.sweeper = sweeper;
    this.deadline = performance.now() + options.timeout;
    this.socket = connect({
      host: to.address,
      port: to.port,
      // The resolver walks addresses; this is one of them, and Node must not try others.
      autoSelectFamily: false,
      allowHalfOpen: true,
      noDelay: true,
      ...(options.from !== undefined && { localAddress: options.from }),
    });
    const onConnect = guarded(this, () => this.connected());
    const onError = guarded(this, (error: Error) => this.fail({ ok: false, reason: dialFailureOf(error), error }));
    this.socket.once('connect', onConnect).once('error', onError);
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
    const { socket, to } = this;
    // A dial to a free port of this machine may be given that very port as its own, and connect to itself.
    if (socket.localPort === to.port && socket.localAddress === socket.remoteAddress) {
      this.fail({ ok: false, reason: 'refused' });
      return;
    }
    socket.removeAllListeners('error');
    const leg = new StreamLeg(socket, this.context);
    this.context.limitQueues(leg, 'both');
    this.settle({ ok: true, leg });
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
    this.resolve?.(outcome);
    this.resolve = null;
  }
}
