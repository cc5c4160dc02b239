import { performance } from 'node:perf_hooks';
import type { CloseReason } from '../base/close-reason.ts';
import { AgeLimits } from './age-limits.ts';
import { attempt, type Crashable, thrown } from './crashable.ts';
import type { Relay, RelayOptions } from './engine.ts';
import type { Sweepable, Sweeper } from './sweeper.ts';

/** A connected socket as a relay sees it. */
export interface RelayedLeg {
  /** It was reset, and all bytes that came before were given. */
  readonly spent: boolean;
  /** Its descriptor is closed. */
  readonly closed: boolean;
  /** Called once when the descriptor is closed; may be called before `destroy` or `reset` returns. */
  onClosed: (() => void) | null;
  /** Sends a FIN after what was written. */
  finish(): void;
  /** Closes the descriptor; what was written is still sent, and a FIN. */
  destroy(): void;
  /** Closes the descriptor with a reset, at once; what the kernel has not sent is thrown away. */
  reset(): void;
  /** Bytes written that the peer has not acknowledged; 0 where the engine cannot tell. */
  unsent(): number;
  /** Calls back once the peer has acknowledged all that was written, or the connection is gone. */
  whenSent(done: () => void): void;
  /** `keepAlive` as in `RelayOptions`. */
  armKeepAlive(keepAlive: number): void;
  /** Looks for a peer that has acknowledged nothing for `keepAlive` milliseconds though it should have. */
  lookForDeadPeer(keepAlive: number): void;
  /** Something has happened to it that it has not been told yet. */
  readonly awaited: boolean;
  /** Lets go of everything once the relay is over. */
  forget(): void;
}

/** One way of a relay, `from` -> `to`. */
export interface RelayedDirection {
  readonly from: RelayedLeg;
  readonly to: RelayedLeg;
  /** Bytes of `from` that the kernel socket of `to` has taken; below 0 while it has not taken the whole prefix. */
  readonly delivered: number;
  /** Bytes read and not yet taken. */
  readonly held: number;
  /**
   * `holding`: `to` has not taken all, and nothing more is read. `ended`: the FIN waits behind what is held.
   * `cut`: `to` is gone, what still comes is thrown away.
   */
  readonly state: 'flowing' | 'holding' | 'ended' | 'done' | 'cut';
  /** Takes over the input of `from`, and delivers first the prefix and what came before. */
  start(prefix: Uint8Array | undefined): void;
  /** Nothing more will come: once the rest is taken, this direction is done. */
  closeInput(): void;
  /** `to` is gone: nothing can be delivered any more, and `from` is read on only to see its end. */
  cut(): void;
  /** A leg that is not read may have been reset without a sign. Called now and then. */
  lookAtPausedLeg(): void;
}

/** What a direction tells the relay that it belongs to. */
export interface DirectionOwner extends Crashable {
  /** A byte moved: the session is not idle. */
  active: boolean;
  /** The FIN of `direction.from` has come. */
  ended(direction: RelayedDirection): void;
  /** All bytes and the FIN have been passed on. */
  finished(direction: RelayedDirection): void;
  /** A connection was found reset: `from` while reading, or `to` while writing. May be told more than once. */
  legReset(leg: RelayedLeg, error: Error | undefined): void;
}

/** Makes the two directions of a relay. */
export type MakeDirection<L extends RelayedLeg> = (from: L, to: L, owner: DirectionOwner) => RelayedDirection;

/** A reset is passed on at the latest this long after its cause, milliseconds. */
const resetWithin = 10_000;

/**
 * Two legs joined until both are closed, for every engine. Both directions are independent; what ends the session is
 * written here once:
 *
 *     both FINs passed on ................ both legs closed
 *     a leg reset ........................ the rest goes to the other leg, then a reset
 *     idle, half-closed too long, kill,
 *     expired, silent .................... both legs reset at once
 *     an exception, which is a bug ....... both legs reset at once, `internal` whatever the reason was before
 */
export class LegRelay<L extends RelayedLeg> implements Relay, DirectionOwner, Sweepable {
  slot = -1;
  readonly done: Promise<CloseReason>;
  state: 'relaying' | 'half-closed' | 'closing' | 'closed' = 'relaying';
  active = true;
  error: Error | undefined = undefined;
  private keepAlive: 'off' | 'armed' = 'off';
  private readonly client: L;
  private readonly target: L;
  private readonly toTarget: RelayedDirection;
  private readonly toClient: RelayedDirection;
  private readonly options: RelayOptions;
  private readonly sweeper: Sweeper;
  /** As of the first sweep: performance.now(), milliseconds. No whole number before: V8 would lay out all relays anew then. */
  private lastActive = Number.NaN;
  private lastLook = Number.NaN;
  /** Absent where neither is set. */
  private readonly age: AgeLimits | null;
  private lastUnsent = 0;
  private reason: CloseReason | undefined = undefined;
  /** The reason of a clean end: whose FIN came first. */
  private firstFin: CloseReason | undefined = undefined;
  private resetDeadline: NodeJS.Timeout | undefined = undefined;
  private open = 2;
  private resolve: ((reason: CloseReason) => void) | null = null;

  constructor(client: L, target: L, options: RelayOptions, sweeper: Sweeper, makeDirection: MakeDirection<L>) {
    this.client = client;
    this.target = target;
    this.options = options;
    this.sweeper = sweeper;
    this.toTarget = makeDirection(client, target, this);
    this.toClient = makeDirection(target, client, this);
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    const legClosed = (): void => this.legClosed();
    client.onClosed = legClosed;
    target.onClosed = legClosed;
    // Reset between dial and relay, and closed by now: nobody will tell of that any more.
    const closedBefore = Number(client.closed) + Number(target.closed);
    const { idle, halfClosed, maxAge, silent } = options;
    this.age = maxAge === undefined && silent === undefined ? null : new AgeLimits(options, performance.now());
    sweeper.add(this, Math.min(idle, halfClosed, this.age?.soonest ?? idle));
    try {
      this.toTarget.start(options.prefix);
      this.toClient.start(undefined);
    } catch (error) {
      this.crashed(error);
    }
    for (let leg = 0; leg < closedBefore; leg += 1) this.legClosed();
  }

  get bytesToTarget(): number {
    return Math.max(0, this.toTarget.delivered);
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
    this.reset(this.client);
    this.reset(this.target);
  }

  crashed(error: unknown): void {
    // A bug matters more than whatever ended the session before it; of two, the first.
    this.error = this.reason === 'internal' ? (this.error ?? thrown(error)) : thrown(error);
    this.reason = 'internal';
    if (this.state === 'closed') return;
    this.state = 'closing';
    // Where the leg is what has the bug, its other way out may be free of it.
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
      // The last close(2) sends the FIN too: no shutdown before it.
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
      // The other leg was reset before: there is nobody left.
      leg.destroy();
      outOf.to.destroy();
      return;
    }
    // Both: a leg whose input waits behind a stuck reader would otherwise stay open for ever.
    this.resetDeadline ??= setTimeout(() => this.resetBoth(), resetWithin);
    // A reset that shows while there is input to be read: that is passed on to its end first.
    const inputOpen = outOf.state === 'flowing' || outOf.state === 'holding';
    if (!leg.spent && inputOpen) return;
    leg.destroy();
    if (inputOpen) outOf.closeInput();
    else if (outOf.state === 'done') this.resetOnceSent(outOf);
  }

  /** Called now and then by the engine's sweeper. `now` is performance.now(), milliseconds. */
  sweep(now: number): void {
    if (this.client.awaited || this.target.awaited) return;
    this.lookAfterLegs(now);
    const passed = this.state === 'closing' ? undefined : this.age?.passed(now, this);
    if (passed !== undefined) {
      this.kill(passed);
      return;
    }
    if (this.active) {
      this.active = false;
      this.lastActive = now;
      return;
    }
    const quiet = now - this.lastActive;
    // While bytes are held for a slow reader, that is not a session nobody uses.
    const holding = this.toTarget.held + this.toClient.held > 0;
    if (this.state === 'half-closed' && !holding && quiet >= this.options.halfClosed) {
      if (this.stillSending()) this.lastActive = now;
      else this.kill('half-closed too long');
    } else if (this.state !== 'closing' && quiet >= this.options.idle) this.kill('idle');
  }

  /** In the check phase: after the process was stopped, what can be passed on is passed on first. */
  private resetBoth(): void {
    setImmediate(() => {
      this.reset(this.client);
      this.reset(this.target);
    });
  }

  /** Whoever calls has no part in this session's bugs. */
  private reset(leg: RelayedLeg): void {
    try {
      leg.reset();
    } catch (error) {
      this.crashed(error);
    }
  }

  /** A slow reader may be busy with what the kernel has; as long as that gets less, the session is in use. */
  private stillSending(): boolean {
    const unsent = this.client.unsent() + this.target.unsent();
    const sending = unsent > 0 && unsent !== this.lastUnsent;
    this.lastUnsent = unsent;
    return sending;
  }

  private lookAfterLegs(now: number): void {
    const { keepAlive } = this.options;
    if (this.keepAlive === 'off') {
      // Only sessions that outlive a sweep need it: eight system calls less for all others.
      this.keepAlive = 'armed';
      this.lastLook = now;
      this.client.armKeepAlive(keepAlive);
      this.target.armKeepAlive(keepAlive);
    }
    this.toTarget.lookAtPausedLeg();
    this.toClient.lookAtPausedLeg();
    if (now - this.lastLook < keepAlive / 4) return;
    this.lastLook = now;
    this.client.lookForDeadPeer(keepAlive);
    this.target.lookForDeadPeer(keepAlive);
  }

  /** A reset throws away what the kernel has not sent yet, so it waits for the send queue to be empty. */
  private resetOnceSent(direction: RelayedDirection): void {
    const leg = direction.to;
    if (direction.delivered <= 0) leg.reset();
    else leg.whenSent(() => this.reset(leg));
  }

  private legClosed(): void {
    this.open -= 1;
    if (this.open > 0) return;
    this.state = 'closed';
    clearTimeout(this.resetDeadline);
    this.sweeper.delete(this);
    try {
      this.client.forget();
      this.target.forget();
    } catch (error) {
      this.crashed(error);
    }
    this.resolve?.(this.reason ?? this.firstFin ?? 'internal');
  }
}
