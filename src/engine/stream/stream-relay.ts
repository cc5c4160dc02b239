import type { CloseReason } from '../../base/close-reason.ts';
import type { Relay, RelayOptions } from '../engine.ts';
import { Direction, type DirectionOwner } from './direction.ts';
import { keepAliveDelay } from './keep-alive.ts';
import type { SendQueues } from './send-queues.ts';
import type { StreamLeg } from './stream-leg.ts';
import type { Sweepable, Sweeper } from './sweeper.ts';

/** A reset is passed on at the latest this long after its cause, milliseconds. */
const resetWithin = 10_000;

/**
 * Two legs joined until both are closed. Both directions are independent; what ends the session is written here once:
 *
 *     both FINs passed on ................ both legs closed
 *     a leg reset ........................ the rest goes to the other leg, then a reset
 *     idle, half-closed too long, kill ... both legs reset at once
 */
export class StreamRelay implements Relay, DirectionOwner, Sweepable {
  slot = -1;
  readonly done: Promise<CloseReason>;
  state: 'relaying' | 'half-closed' | 'closing' | 'closed' = 'relaying';
  active = true;
  private keepAlive: 'off' | 'armed' = 'off';
  private readonly client: StreamLeg;
  private readonly target: StreamLeg;
  private readonly toTarget: Direction;
  private readonly toClient: Direction;
  private readonly options: RelayOptions;
  private readonly sweeper: Sweeper;
  private readonly sendQueues: SendQueues;
  private lastActive = performance.now();
  error: Error | undefined;
  private reason: CloseReason | undefined;
  /** The reason of a clean end: whose FIN came first. */
  private firstFin: CloseReason | undefined;
  private resetDeadline: NodeJS.Timeout | undefined;
  private open = 2;
  private readonly resolve: (reason: CloseReason) => void;

  constructor(client: StreamLeg, target: StreamLeg, options: RelayOptions, sweeper: Sweeper, sendQueues: SendQueues) {
    this.client = client;
    this.target = target;
    this.options = options;
    this.sweeper = sweeper;
    this.sendQueues = sendQueues;
    this.toTarget = new Direction(client, target, this);
    this.toClient = new Direction(target, client, this);
    let settle: (reason: CloseReason) => void = () => {};
    this.done = new Promise((resolve) => {
      settle = resolve;
    });
    this.resolve = settle;
    client.onClosed = () => this.legClosed();
    target.onClosed = () => this.legClosed();
    sweeper.add(this, Math.min(options.idle, options.halfClosed));
    this.toTarget.start();
    this.toClient.start();
  }

  get bytesToTarget(): number {
    return this.toTarget.delivered;
  }

  get bytesToClient(): number {
    return this.toClient.delivered;
  }

  get heldToTarget(): number {
    return this.toTarget.held;
  }

  get heldToClient(): number {
    return this.toClient.held;
  }

  kill(reason: CloseReason): void {
    if (this.state === 'closed') return;
    this.reason ??= reason;
    this.state = 'closing';
    this.client.reset();
    this.target.reset();
  }

  ended(direction: Direction): void {
    this.firstFin ??= direction.from === this.client ? 'client closed' : 'target closed';
    if (this.state === 'relaying') this.state = 'half-closed';
  }

  finished(direction: Direction): void {
    if (this.reason !== undefined) {
      direction.from.destroy();
      this.resetOnceSent(direction);
    } else if (this.toTarget.state === 'done' && this.toClient.state === 'done') {
      // The last close(2) sends the FIN too: no shutdown before it.
      this.client.destroy();
      this.target.destroy();
    } else direction.to.finish();
  }

  legReset(leg: StreamLeg, error: Error | undefined): void {
    if (this.state === 'closed') return;
    const [into, outOf] = leg === this.client ? [this.toClient, this.toTarget] : [this.toTarget, this.toClient];
    this.reason ??= leg === this.client ? 'client reset' : 'target reset';
    this.error ??= error;
    this.state = 'closing';
    into.cut();
    if (outOf.state === 'cut') {
      // The other leg was reset before: there is nobody left.
      leg.destroy();
      outOf.to.destroy();
      return;
    }
    // Both: a leg whose input waits behind a stuck reader would otherwise stay paused for ever.
    this.resetDeadline ??= setTimeout(() => {
      this.client.reset();
      this.target.reset();
    }, resetWithin);
    // A reset found by writing leaves input to be read: it is passed on to its end first.
    const inputOpen = outOf.state === 'flowing' || outOf.state === 'holding';
    if (!leg.gone && inputOpen) return;
    leg.destroy();
    if (inputOpen) outOf.closeInput();
    else if (outOf.state === 'done') this.resetOnceSent(outOf);
  }

  /** Called now and then by the engine's sweeper. `now` is performance.now(), milliseconds. */
  sweep(now: number): void {
    this.armKeepAlive();
    this.toTarget.lookAtPausedLeg();
    this.toClient.lookAtPausedLeg();
    if (this.active) {
      this.active = false;
      this.lastActive = now;
      return;
    }
    const quiet = now - this.lastActive;
    // While bytes are held, a slow reader may be busy with what the kernel has: that is not a session nobody uses.
    const holding = this.toTarget.held + this.toClient.held > 0;
    if (this.state === 'half-closed' && !holding && quiet >= this.options.halfClosed) this.kill('half-closed too long');
    else if (this.state !== 'closing' && quiet >= this.options.idle) this.kill('idle');
  }

  /** Only sessions that outlive a sweep need it: eight system calls less for all others. */
  private armKeepAlive(): void {
    if (this.keepAlive === 'armed') return;
    this.keepAlive = 'armed';
    const delay = keepAliveDelay(this.options.keepAlive);
    this.client.socket.setKeepAlive(true, delay);
    this.target.socket.setKeepAlive(true, delay);
  }

  /** A reset throws away what the kernel has not sent yet, so it waits for the send queue to be empty. */
  private resetOnceSent(direction: Direction): void {
    const leg = direction.to;
    if (direction.delivered === 0) leg.reset();
    else this.sendQueues.whenEmpty(leg.socket, () => leg.reset());
  }

  private legClosed(): void {
    this.open -= 1;
    if (this.open > 0) return;
    this.state = 'closed';
    this.client.forget();
    this.target.forget();
    clearTimeout(this.resetDeadline);
    this.sweeper.delete(this);
    this.resolve(this.reason ?? this.firstFin ?? 'internal');
  }
}
