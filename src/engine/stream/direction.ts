import type { DirectionOwner, RelayedDirection } from '../relayed-leg.ts';
import { writeFailed } from './node-internals.ts';
import { guarded } from './socket-events.ts';
import type { LegReader, StreamLeg } from './stream-leg.ts';

/**
 * One way of a relay, `from` -> `to`:
 *
 *     flowing <-> holding -> ended -> done          cut: `to` is lost, what still comes is thrown away
 *
 * `holding`: `to` did not take all of a chunk. Its rest is queued there, and nothing more is read until it is taken.
 * That is all the backpressure there is; it bounds memory by construction. `ended`: the FIN waits behind the rest.
 */
export class Direction implements RelayedDirection, LegReader {
  readonly from: StreamLeg;
  readonly to: StreamLeg;
  /** Bytes of `from` that the kernel socket of `to` has taken. */
  delivered = 0;
  /** Bytes read and not yet taken, the prefix included. */
  held = 0;
  state: 'flowing' | 'holding' | 'ended' | 'done' | 'cut' = 'flowing';
  /** Bytes of the prefix that `to` has not taken yet. */
  private prefixLeft = 0;
  /** The reusable buffer that has the held bytes, if they are in one. */
  private spare: Uint8Array | null = null;
  private readonly owner: DirectionOwner;

  constructor(from: StreamLeg, to: StreamLeg, owner: DirectionOwner) {
    this.from = from;
    this.to = to;
    this.owner = owner;
  }

  /** Takes over the input of `from`. The prefix and what came before are delivered first, in one write. */
  start(prefix: Uint8Array | undefined): void {
    const { head, input } = this.from.attach(this);
    this.prefixLeft = prefix?.length ?? 0;
    const first = prefix === undefined || head === null ? (prefix ?? head) : Buffer.concat([prefix, head]);
    if (first !== null) this.bytes(first, first.length);
    if (input === 'ended') this.end();
    else if (input === 'reset') this.reset(undefined);
    else if (this.state === 'holding') this.from.pause();
    else this.from.resume();
  }

  bytes(buffer: Uint8Array, length: number): boolean {
    this.owner.active = true;
    if (this.state === 'cut') return true;
    const taken = this.state === 'flowing' ? this.to.writeNow(buffer, length) : 0;
    if (taken === writeFailed) {
      this.owner.legReset(this.to, undefined);
      return true;
    }
    this.countDelivered(taken);
    if (taken === length) return true;
    this.hold(buffer, taken, length);
    return this.state === 'flowing';
  }

  end(): void {
    this.owner.active = true;
    this.owner.ended(this);
    this.closeInput();
  }

  reset(error: Error | undefined): void {
    this.owner.legReset(this.from, error);
  }

  crashed(error: unknown): void {
    this.owner.crashed(error);
  }

  /** Nothing more will come: once `to` has taken the rest, this direction is done. */
  closeInput(): void {
    if (this.state !== 'flowing' && this.state !== 'holding') return;
    this.state = 'ended';
    if (this.held === 0) this.finish();
  }

  /** `to` is lost: nothing can be delivered any more, and `from` is read on only to see its end. */
  cut(): void {
    if (this.state === 'holding') this.from.resume();
    this.state = 'cut';
    this.held = 0;
    // The socket may still be writing from it, so no other direction may use it.
    this.spare = null;
  }

  /** A paused socket of Node sees no reset: while `to` is stuck, a lost `from` would stay open for days. */
  checkPausedLeg(): void {
    if (this.state === 'holding' && this.from.wasReset()) this.owner.legReset(this.from, undefined);
  }

  /** Has Node write what the kernel did not take. Bytes in a shared buffer are copied first. */
  private hold(buffer: Uint8Array, start: number, end: number): void {
    const { buffers } = this.from.context;
    let rest = buffer.subarray(start, end);
    if (buffers.shares(buffer)) {
      this.spare = buffers.takeSpare(rest.length);
      this.spare.set(rest);
      rest = this.spare.subarray(0, rest.length);
    }
    this.held += rest.length;
    if (this.state === 'flowing') this.state = 'holding';
    const onWritten = guarded(this, (failure: Error | null | undefined) => {
      if (!failure) this.flushed();
      else if (!this.to.socket.destroyed) this.owner.legReset(this.to, failure);
    });
    this.to.writeLater(rest, onWritten);
    // Mostly the kernel takes it at once after all, and the callback comes a tick later.
    if (this.to.socket.writableLength === 0) this.flushed();
  }

  /** The kernel has taken all that was held. */
  private flushed(): void {
    const { socket } = this.to;
    // A write that failed at once is not queued either; its callback comes with the next tick.
    if (this.held === 0 || socket.writableLength > 0 || socket.destroyed || socket.errored !== null) return;
    this.owner.active = true;
    this.countDelivered(this.held);
    this.held = 0;
    if (this.spare !== null) this.from.context.buffers.giveSpare(this.spare);
    this.spare = null;
    if (this.state === 'ended') this.finish();
    else if (this.state === 'holding') {
      this.state = 'flowing';
      this.from.resume();
    }
  }

  /** The prefix is our own, and does not count. */
  private countDelivered(taken: number): void {
    const ofPrefix = Math.min(taken, this.prefixLeft);
    this.prefixLeft -= ofPrefix;
    this.delivered += taken - ofPrefix;
  }

  private finish(): void {
    this.state = 'done';
    this.owner.finished(this);
  }
}
