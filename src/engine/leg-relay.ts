import type { CloseReason } from '../base/close-reason.ts';
import { noSlot } from '../base/slot-list.ts';
import { attempt, contain, thrown } from './crashable.ts';
import type { Relay, RelayOptions } from './engine.ts';
import type { Timer } from './loop.ts';
import { RelayDeadlines } from './relay-deadlines.ts';
import type { DirectionOwner, MakeDirection, RelayedDirection, RelayedLeg } from './relayed-leg.ts';
import type { Sweepable, Sweeper } from './sweeper.ts';

/** A reset is passed on at the latest this long after its cause, milliseconds. */
const resetWithin = 10_000;

/**
 * Two legs joined until both are closed, for every engine. Both directions are independent. What ends the session is
 * written here, once:
 *
 *     both FINs passed on ................ both legs closed
 *     a leg reset ........................ the rest goes to the other leg, then a reset
 *     idle, half-closed too long, kill,
 *     expired, silent .................... both legs reset at once
 *     an exception, which is a bug ....... both legs reset at once, `internal` whatever the reason was before
 */
export class LegRelay<L extends RelayedLeg> implements Relay, DirectionOwner, Sweepable {
  slot = noSlot;
  readonly done: Promise<CloseReason>;
  state: 'relaying' | 'half-closed' | 'closing' | 'closed' = 'relaying';
  active = true;
  error: Error | undefined = undefined;
  private keepAlive: 'off' | 'armed' = 'off';
  private readonly client: L;
  private readonly target: L;
  private readonly toTarget: RelayedDirection;
  private readonly toClient: RelayedDirection;
  private readonly deadlines: RelayDeadlines;
  /** As in `RelayOptions`. */
  private readonly keepAliveTime: number;
  /** When the legs were last checked for a dead peer, by the clock of the loop, milliseconds. */
  private lastPeerCheck = Number.NaN;
  private readonly sweeper: Sweeper;
  private reason: CloseReason | undefined = undefined;
  /** The reason of a clean end: whose FIN came first. */
  private firstFin: CloseReason | undefined = undefined;
  private resetDeadline: Timer | undefined = undefined;
  private open = 2;
  private resolve: ((reason: CloseReason) => void) | null = null;

  constructor(client: L, target: L, options: RelayOptions, sweeper: Sweeper, makeDirection: MakeDirection<L>) {
    this.client = client;
    this.target = target;
    this.keepAliveTime = options.keepAlive;
    this.deadlines = new RelayDeadlines(options, sweeper.loop.now());
    this.sweeper = sweeper;
    this.toTarget = makeDirection(client, target, this);
    this.toClient = makeDirection(target, client, this);
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    const legClosed = (): void => this.legClosed();
    client.onClosed = legClosed;
    target.onClosed = legClosed;
    // Reset between dial and relay, and closed by now: `onClosed` is not called any more.
    const closedBefore = Number(client.closed) + Number(target.closed);
    sweeper.add(this, RelayDeadlines.soonest(options));
    contain(this, () => {
      this.toTarget.start(options.prefix);
      this.toClient.start(undefined);
    });
    for (let leg = 0; leg < closedBefore; leg += 1) this.legClosed();
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

  /** Bytes written to both legs that their peers have not acknowledged. */
  unsent(): number {
    return this.client.unsent() + this.target.unsent();
  }

  kill(reason: CloseReason): void {
    if (this.state === 'closed') return;
    this.reason ??= reason;
    this.state = 'closing';
    this.resetBoth();
  }

  crashed(error: unknown): void {
    // A bug outranks an earlier close reason. Of two bugs, the first is reported.
    this.error = this.reason === 'internal' ? (this.error ?? thrown(error)) : thrown(error);
    this.reason = 'internal';
    if (this.state === 'closed') return;
    this.state = 'closing';
    // The bug may be in `reset` itself.
    for (const leg of [this.client, this.target]) if (!attempt(() => leg.reset())) attempt(() => leg.destroy());
  }

  ended(direction: RelayedDirection): void {
    this.firstFin ??= direction.from === this.client ? 'client closed' : 'target closed';
    if (this.state === 'relaying') this.state = 'half-closed';
  }

  finished(direction: RelayedDirection): void {
    if (this.reason !== undefined) {
      direction.from.destroy();
      this.resetOnceSent(direction);
    } else if (this.toTarget.state === 'done' && this.toClient.state === 'done') {
      // close(2) sends the last FIN: no shutdown before it.
      this.client.destroy();
      this.target.destroy();
    } else direction.to.finish();
  }

  legReset(leg: RelayedLeg, error: Error | undefined): void {
    if (this.state === 'closed') return;
    const [into, outOf] = leg === this.client ? [this.toClient, this.toTarget] : [this.toTarget, this.toClient];
    this.reason ??= leg === this.client ? 'client reset' : 'target reset';
    this.error ??= error;
    this.state = 'closing';
    into.cut();
    if (outOf.state === 'cut') {
      // The other leg was reset before, so that nothing can be delivered to either.
      leg.destroy();
      outOf.to.destroy();
      return;
    }
    // For both legs: one whose input waits behind a stuck reader would stay open for ever. Deferred, so that a process
    // that was stopped passes on first what it can.
    const { loop } = this.sweeper;
    this.resetDeadline ??= loop.after(resetWithin, () => loop.defer(() => this.resetBoth()));
    // Input that can still be read is passed on first.
    const inputOpen = outOf.state === 'flowing' || outOf.state === 'holding';
    if (!leg.readToEnd && inputOpen) return;
    leg.destroy();
    if (inputOpen) outOf.closeInput();
    else if (outOf.state === 'done') this.resetOnceSent(outOf);
  }

  /** Called by the engine's sweeper. `now` is the time by the clock of the loop, milliseconds. */
  sweep(now: number): void {
    if (this.client.eventPending || this.target.eventPending) return;
    this.lookAfterLegs(now);
    if (this.state === 'closing' || this.state === 'closed') return;
    const passed = this.deadlines.passed(now, this);
    if (passed !== undefined) this.kill(passed);
  }

  private resetBoth(): void {
    this.reset(this.client);
    this.reset(this.target);
  }

  /** A bug of this session must not end its caller. */
  private reset(leg: RelayedLeg): void {
    contain(this, () => leg.reset());
  }

  private lookAfterLegs(now: number): void {
    const time = this.keepAliveTime;
    if (this.keepAlive === 'off') {
      // Only sessions that outlive a sweep need it. All others save eight system calls.
      this.keepAlive = 'armed';
      this.lastPeerCheck = now;
      this.client.armKeepAlive(time);
      this.target.armKeepAlive(time);
    }
    this.toTarget.checkPausedLeg();
    this.toClient.checkPausedLeg();
    if (now - this.lastPeerCheck < time / 4) return;
    this.lastPeerCheck = now;
    this.client.lookForDeadPeer(time);
    this.target.lookForDeadPeer(time);
  }

  /** A reset discards what the kernel has not sent. So it waits until the send queue is empty. */
  private resetOnceSent(direction: RelayedDirection): void {
    const leg = direction.to;
    if (direction.delivered === 0) leg.reset();
    else leg.whenSent(() => this.reset(leg));
  }

  private legClosed(): void {
    this.open -= 1;
    if (this.open > 0) return;
    this.state = 'closed';
    this.resetDeadline?.cancel();
    this.sweeper.delete(this);
    contain(this, () => {
      this.client.forget();
      this.target.forget();
    });
    this.resolve?.(this.reason ?? this.firstFin ?? 'internal');
  }
}
