import { noSlot, SlotList, type Slotted } from '../base/slot-list.ts';
import { type Crashable, contain } from './crashable.ts';
import { nodeTimers, type Timer, type Timers } from './loop.ts';

/** Something with deadlines that need not be met to the millisecond. */
export interface Sweepable extends Slotted, Crashable {
  /** `now` is milliseconds, by the clock of the loop. */
  sweep(now: number): void;
}

/**
 * Times that a sweep waits for events at most. The descriptors of no machine fill so many slices, so a process that was
 * stopped handles all of its events first. The bound makes sure that a sweep runs under any load.
 */
const mostLooks = 2_048;
/** Items in one step at most: one may take a dozen system calls, and 10,000 of them would block the loop. */
const perStep = 128;
/** Milliseconds after which a step ends as well. The clock is read after each `perGlance` items. */
const longestStep = 0.5;
const perGlance = 16;
/** Milliseconds between two sweeps. */
const longestTick = 1000;
const shortestTick = 10;
/**
 * Shorter deadlines of a dial or a head do not shorten the tick, milliseconds: the remaining time may be close to 0.
 * The tick is 20 ms then, so a deadline of 80 ms or more is passed by a quarter at most.
 */
const soonestOnce = 160;

/**
 * One timer for the deadlines of many dials or relays. With a timer for each relay, every chunk would restart one.
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
   * `lookFirst` handles events before deadlines are checked. While there are more, the sweep is postponed and the rest
   * of the loop has its turn.
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

  /** As `add`, for a deadline that is never extended. */
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
      // Deferred, so that events which are ready are handled before deadlines are checked.
      this.loop.defer(() => this.sweep(0));
    });
  }

  private stop(): void {
    this.timer?.cancel();
    this.timer = null;
    this.tick = longestTick;
  }

  /** `looks`: how often it was postponed. */
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
    // A tick after the last item, not with it: sessions in sequence would set the timer once each.
    if (this.items.size === 0) this.stop();
    else this.wait();
  }
}

/** The deadline of one item may have ended another, which has left the list then. */
function sweep(item: Sweepable, now: number): void {
  if (item.slot !== noSlot) contain(item, () => item.sweep(now));
}
