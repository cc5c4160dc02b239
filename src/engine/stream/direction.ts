import { crash } from '../crashable.ts';
import type { DirectionOwner, RelayedDirection } from '../leg-relay.ts';
import type { LegReader } from './leg-reader.ts';
import { writeFailed } from './node-internals.ts';
import type { StreamLeg } from './stream-leg.ts';

/**
 * One way of a relay, `from` -> `to`:
 *
 *     flowing <-> holding -> ended -> done          cut: `to` is gone, what still comes is thrown away
 *
 * `holding`: `to` did not take all of a chunk. Its rest is queued there and nothing more is read until it is taken;
 * that is all the backpressure there is, and it bounds memory by construction. `ended`: the FIN waits behind the rest.
 */
export class Direction implements RelayedDirection, LegReader {
  readonly from: StreamLeg;
  readonly to: StreamLeg;
  /** Bytes of `from` that the kernel socket of `to` has taken; below 0 while it has not taken the whole prefix. */
  delivered = 0;
  /** Bytes read and not yet taken. */
  held = 0;
  state: 'flowing' | 'holding' | 'ended' | 'done' | 'cut' = 'flowing';
  /** Nagle's algorithm delays nothing while nothing is unacknowledged: TCP_NODELAY (tcp(7)) matters from the second write on. */
  private writes: 'none' | 'one' | 'undelayed' = 'none';
  /** What is held of a reused buffer lies here. */
  private spare: Uint8Array | null = null;
  private readonly owner: DirectionOwner;
  private readonly taken = (error?: Error | null): void => this.written(error);

  constructor(from: StreamLeg, to: StreamLeg, owner: DirectionOwner) {
    this.from = from;
    this.to = to;
    this.owner = owner;
  }

  /** Takes over the input of `from`, and delivers first the prefix and what came before, in one write. */
  start(prefix: Uint8Array | undefined): void {
    const { head, input } = this.from.attach(this);
    if (prefix !== undefined) {
      this.delivered = -prefix.length;
      const first = head === null ? prefix : Buffer.concat([prefix, head]);
      this.bytes(first, first.length);
    } else if (head !== null) this.bytes(head, head.length);
    if (input === 'ended') this.end();
    else if (input === 'reset') this.reset(undefined);
    else if (this.state === 'holding') this.from.pause();
    else this.from.resume();
  }

  bytes(buffer: Uint8Array, length: number): boolean {
    this.owner.active = true;
    if (this.state === 'cut') return true;
    if (this.writes !== 'undelayed') this.countWrite();
    const written = this.state === 'flowing' ? this.to.writeNow(buffer, length) : 0;
    if (written === length) {
      this.delivered += length;
      return true;
    }
    if (written === writeFailed) {
      this.owner.legReset(this.to, undefined);
      return true;
    }
    this.delivered += written;
    const { io } = this.from;
    if (io.buffers.has(buffer)) {
      // The buffer is every leg's: what is held moves to a spare one.
      this.spare = io.spares.take(length - written);
      this.spare.set(buffer.subarray(written, length));
      this.hold(this.spare.subarray(0, length - written));
    } else this.hold(buffer.subarray(written, length));
    return this.state === 'flowing';
  }

  end(): void {
    this.owner.active = true;
    this.owner.ended(this);
    this.closeInput();
  }

  crashed(error: unknown): void {
    this.owner.crashed(error);
  }

  reset(error: Error | undefined): void {
    this.owner.legReset(this.from, error);
  }

  /** Nothing more will come: once the rest is taken, this direction is done. */
  closeInput(): void {
    if (this.state !== 'flowing' && this.state !== 'holding') return;
    this.state = 'ended';
    if (this.held === 0) this.finish();
  }

  /** `to` is gone: nothing can be delivered any more, and `from` is read on only to see its end. */
  cut(): void {
    if (this.state === 'holding') this.from.resume();
    this.state = 'cut';
    this.held = 0;
    // The socket may still be writing from it: it is nobody's spare any more.
    this.spare = null;
  }

  /**
   * A paused socket of Node sees no reset: while `to` is stuck, `from` could be gone for days. Called now and then.
   */
  lookAtPausedLeg(): void {
    if (this.state === 'holding' && this.from.wasReset()) this.owner.legReset(this.from, undefined);
  }

  private countWrite(): void {
    if (this.writes === 'none') this.writes = 'one';
    else this.disableNagle();
  }

  private disableNagle(): void {
    this.writes = 'undelayed';
    this.to.socket.setNoDelay(true);
  }

  private hold(rest: Uint8Array): void {
    if (this.writes !== 'undelayed') this.disableNagle();
    this.held += rest.length;
    if (this.state === 'flowing') this.state = 'holding';
    this.to.writeLater(rest, this.taken);
    // Mostly the kernel takes it at once after all; the callback comes only with the next tick.
    if (this.to.socket.writableLength === 0) this.flushed();
  }

  /** Called by the socket. */
  private written(failure: Error | null | undefined): void {
    try {
      if (!failure) this.flushed();
      else if (!this.to.socket.destroyed) this.owner.legReset(this.to, failure);
    } catch (error) {
      crash(this, error);
    }
  }

  private flushed(): void {
    const { socket } = this.to;
    // A write that has failed at once is not queued either: that is told with the next tick.
    if (this.held === 0 || socket.writableLength > 0 || socket.destroyed || socket.errored !== null) return;
    this.owner.active = true;
    this.delivered += this.held;
    this.held = 0;
    if (this.spare !== null) this.from.io.spares.give(this.spare);
    this.spare = null;
    if (this.state === 'ended') this.finish();
    else if (this.state === 'holding') {
      this.state = 'flowing';
      this.from.resume();
    }
  }

  private finish(): void {
    this.state = 'done';
    this.owner.finished(this);
  }
}
