import { noSlot } from '../base/slot-list.ts';
import { thrown } from './crashable.ts';
import type { HeadFailure, HeadOptions, HeadRead, HeadReading } from './engine.ts';
import { type HeldBytes, leastRead } from './held-bytes.ts';
import type { Sweepable, Sweeper } from './sweeper.ts';

/** A leg as the reading of its head sees it. */
export interface HeadedLeg {
  /** The reading of the head is over. `rest` was read behind it, and comes before all later input. */
  headDone(rest: Buffer | null): void;
}

const nothing = Buffer.alloc(0);
/** The first memory for a head in fragments, bytes. */
const firstSize = 256;

/** The reading of a leg's head, for every engine. Bytes are gathered until `enough` knows how many are the head. */
export class LegHead implements HeadReading, Sweepable {
  readonly done: Promise<HeadRead>;
  slot = noSlot;
  private readonly leg: HeadedLeg;
  private readonly options: HeadOptions;
  private readonly sweeper: Sweeper;
  private readonly held: HeldBytes;
  /** By the clock of the loop, milliseconds. */
  private readonly deadline: number;
  /** Memory of our own and the bytes in it. There are none while the first chunk is enough. */
  private gathered = nothing;
  private length = 0;
  private resolve: ((outcome: HeadRead | Promise<HeadRead>) => void) | null = null;

  constructor(leg: HeadedLeg, options: HeadOptions, sweeper: Sweeper, held: HeldBytes) {
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.leg = leg;
    this.options = options;
    this.sweeper = sweeper;
    this.held = held;
    this.deadline = sweeper.loop.now() + options.timeout;
    sweeper.addOnce(this, options.timeout);
  }

  /** Bytes that may still be looked at; 0 once the reading is over. */
  get wanted(): number {
    return this.resolve === null ? 0 : this.options.most - this.length;
  }

  cancel(): void {
    this.fail('cancelled');
  }

  sweep(now: number): void {
    if (now >= this.deadline) this.fail('header timed out');
  }

  /** Bytes have come; `buffer` is only valid during the call. More than are wanted are kept. Returns true: read on. */
  bytes(buffer: Uint8Array, length: number): boolean {
    const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, length);
    const all = this.length === 0 ? chunk : this.gather(chunk);
    const verdict = this.look(all.subarray(0, this.options.most));
    if (verdict === 'malformed') this.fail('bad header');
    else if (verdict !== 'more') {
      const rest = verdict < all.length ? Buffer.from(all.subarray(verdict)) : null;
      this.settle({ ok: true, length: verdict }, rest);
    } else if (this.length === 0) this.gather(chunk);
    return true;
  }

  /** A FIN has come. */
  end(): void {
    this.fail(this.length === 0 ? 'client closed' : 'bad header');
  }

  /** The connection was reset. */
  reset(): void {
    this.fail('client reset');
  }

  crashed(error: unknown): void {
    if (this.resolve !== null) this.settle(Promise.reject(thrown(error)), null);
  }

  private look(bytes: Buffer): number | 'more' | 'malformed' {
    try {
      const verdict = this.options.enough(bytes);
      const full = bytes.length === this.options.most || (this.held.short && bytes.length >= leastRead);
      return verdict === 'more' && full ? 'malformed' : verdict;
    } catch (error) {
      this.crashed(error);
      return 'malformed';
    }
  }

  /** Doubles the memory each time it gets too small: single bytes cost no more than a large chunk. */
  private gather(chunk: Buffer): Buffer {
    const needed = this.length + chunk.length;
    if (needed > this.gathered.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.gathered.length * 2, firstSize));
      this.gathered.copy(larger, 0, 0, this.length);
      this.replaceGathered(larger);
    }
    chunk.copy(this.gathered, this.length);
    this.length = needed;
    return this.gathered.subarray(0, needed);
  }

  /** Only heads of more than `leastRead` count. They are rare (TLVs of PROXY v2). */
  private replaceGathered(memory: typeof nothing): void {
    const counted = (buffer: Buffer): number => (buffer.length > leastRead ? buffer.length : 0);
    this.held.add(counted(memory) - counted(this.gathered));
    this.gathered = memory;
  }

  private fail(reason: HeadFailure): void {
    this.settle({ ok: false, reason }, null);
  }

  private settle(outcome: HeadRead | Promise<HeadRead>, rest: Buffer | null): void {
    const { resolve } = this;
    if (resolve === null) return;
    this.resolve = null;
    this.replaceGathered(nothing);
    this.sweeper.delete(this);
    resolve(outcome);
    this.leg.headDone(rest);
  }
}
