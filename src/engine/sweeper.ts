import { SlotList, type Slotted } from '../base/slot-list.ts';
import { type Crashable, contain } from './crashable.ts';
import { nodeTimers, type Timer, type Timers } from './loop.ts';

/** Something with deadlines that need not be met to the millisecond. */
export interface Sweepable extends Slotted, Crashable {
  /** `now` is milliseconds, by the clock of the loop. */
  sweep(now: number): void;
}

/**
 * How often a sweep is put off for events at most. No machine has descriptors for so many slices, so that a process
 * that was stopped handles all of its events first. And a sweep comes under any load.
 */
const mostLooks = 2_048;
/** Items swept in a row at most: one may take a dozen system calls, and all of 10,000 would hold the loop up. */
const perStep = 128;
/** A row ends after so many milliseconds as well. The clock is read after so many items. */
const longestStep = 0.5;
const perGlance = 16;
const longestTick = 1000;
const shortestTick = 10;
/**
 * The least deadline of a dial or a head that the tick has to suit, milliseconds: what is left of its time may be next
 * to nothing. The tick of 20 ms that follows passes a deadline of 80 ms or more by a quarter at most.
 */
const soonestOnce = 160;

/**
 * One timer for the deadlines of many dials or relays. With a timer for each, every chunk would have to push one back.
 * A deadline is met within an eighth of it, or a second.
 */
export class Sweeper {
  readonly loop: Timers;
  private readonly items = new SlotList<Sweepable>();
  private readonly lookFirst: () => 'all seen' | 'more';
  private tick = longestTick;
  private timer: Timer | null = null;
  private state: 'waiting' | 'sweeping' | 'closed' = 'waiting';

  /**
   * `lookFirst` is called before deadlines are looked at, and handles events. While there are more, the sweep is put
   * off and the rest of the loop has its turn.
   */
  constructor(lookFirst: () => 'all seen' | 'more' = () => 'all seen', loop: Timers = nodeTimers) {
    this.lookFirst = lookFirst;
    this.loop = loop;
  }

  /** `deadline`: the shortest wait that matters to `item`, milliseconds. */
  add(item: Sweepable, deadline: number): void {
    this.items.add(item);
    const tick = Math.max(shortestTick, Math.min(longestTick, Math.floor(deadline / 8)));
    if (this.timer !== null && tick >= this.tick) return;
    this.tick = Math.min(this.tick, tick);
    if (this.state === 'closed') this.state = 'waiting';
    if (this.state === 'waiting') this.wait();
  }

  /** As `add`, for a deadline that does not begin anew. */
  addOnce(item: Sweepable, deadline: number): void {
    this.add(item, Math.max(deadline, soonestOnce));
  }

  delete(item: Sweepable): void {
    this.items.delete(item);
  }

  /** May be called twice. */
  close(): void {
    this.state = 'closed';
    this.stop();
  }

  private wait(): void {
    this.timer?.cancel();
    this.timer = this.loop.after(this.tick, () => {
      this.timer = null;
      this.state = 'sweeping';
      // Deferred: what is ready to be read is handled before a deadline is looked at.
      this.loop.defer(() => this.sweep(0));
    });
  }

  private stop(): void {
    this.timer?.cancel();
    this.timer = null;
    this.tick = longestTick;
  }

  /** `looks`: how often it was put off. */
  private sweep(looks: number): void {
    if (this.state === 'closed') return;
    if (this.lookFirst() === 'more' && looks < mostLooks) this.loop.defer(() => this.sweep(looks + 1));
    else this.sweepFrom(this.items.all(), 0);
  }

  /** A step of a sweep; the rest of the loop has its turn before the next one. */
  private sweepFrom(items: readonly Sweepable[], first: number): void {
    if (this.state === 'closed') return;
    const now = this.loop.now();
    let next = first;
    do {
      for (const item of items.slice(next, next + perGlance)) sweep(item, now);
      next += perGlance;
    } while (next < Math.min(items.length, first + perStep) && this.loop.now() - now < longestStep);
    if (next < items.length) {
      this.loop.defer(() => this.sweepFrom(items, next));
      return;
    }
    if (this.state !== 'sweeping') return;
    this.state = 'waiting';
    // Not with the last item, but a tick later: sessions that come one after the other would set the timer each.
    if (this.items.size === 0) this.stop();
    else this.wait();
  }
}

/** The deadline of one item may have ended another, which has left the list then. */
function sweep(item: Sweepable, now: number): void {
  if (item.slot !== -1) contain(item, () => item.sweep(now));
}
