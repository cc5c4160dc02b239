import { SlotList, type Slotted } from '../base/slot-list.ts';
import { type Crashable, crash } from './crashable.ts';

/** Something with deadlines that need not be met to the millisecond. */
export interface Sweepable extends Slotted, Crashable {
  /** `now` is performance.now(), milliseconds. */
  sweep(now: number): void;
}

/**
 * How often at most a sweep is put off for what is ready: more than there can be slices of events for all descriptors
 * of a machine like ours, so that a process that was stopped sees all of them first; and an end to it under any load.
 */
const mostLooks = 2_048;
/** Items swept in a row at most; a look at one may take a dozen system calls, and all of 10,000 would hold the loop up. */
const perStep = 128;
/** A row ends after so many milliseconds as well, looked at after so many items. */
const longestStep = 0.5;
const perGlance = 16;
const longestTick = 1000;
const shortestTick = 10;
/**
 * What is left of a dial's or a head's time may be next to nothing, and under load there always is a next one, so that
 * the tick stays as fine as one has ever asked. 20 ms, half as many looks at all of them as 10 ms: such a deadline is
 * passed once, by a tick at most, and so by no more than a quarter from 80 ms on. A relay's idle time begins at a tick
 * as well as it ends at one: it takes 10 ms for the same. Milliseconds.
 */
const soonestOnce = 160;

/**
 * One timer for the deadlines of all dials and relays, instead of one per session that every chunk would have to push
 * back. A deadline is met within an eighth of it, or a second. It also keeps clear of Node's timers, which fire at
 * once beyond 2^31-1 ms.
 */
export class Sweeper {
  private readonly items = new SlotList<Sweepable>();
  private tick = longestTick;
  private timer: NodeJS.Timeout | undefined;
  private state: 'idle' | 'sweeping' = 'idle';
  private readonly lookFirst: () => 'all seen' | 'more';

  /**
   * `lookFirst`: called before deadlines are looked at, to see what is ready that the loop has not told yet. While there
   * is more, the sweep is put off, and the rest of the loop has its turn.
   */
  constructor(lookFirst: () => 'all seen' | 'more' = () => 'all seen') {
    this.lookFirst = lookFirst;
  }

  /** `deadline`: the shortest wait that matters to `item`, milliseconds. */
  add(item: Sweepable, deadline: number): void {
    this.items.add(item);
    const tick = Math.max(shortestTick, Math.min(longestTick, Math.floor(deadline / 8)));
    if (this.timer !== undefined && tick >= this.tick) return;
    this.tick = Math.min(this.tick, tick);
    clearInterval(this.timer);
    // The check phase comes after the poll phase: what is ready to be read is read before a deadline is looked at,
    // also after the process was stopped for a while (SIGSTOP), when all timers are due at once.
    this.timer = setInterval(() => {
      if (this.state === 'sweeping') return;
      this.state = 'sweeping';
      setImmediate(() => this.sweep(0));
    }, this.tick);
  }

  /** As `add`, for a deadline that does not begin anew. */
  addOnce(item: Sweepable, deadline: number): void {
    this.add(item, Math.max(deadline, soonestOnce));
  }

  delete(item: Sweepable): void {
    this.items.delete(item);
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.tick = longestTick;
  }

  /** `looks`: how often it was put off. */
  private sweep(looks: number): void {
    if (this.lookFirst() === 'more' && looks < mostLooks) setImmediate(() => this.sweep(looks + 1));
    else this.sweepFrom(this.items.all(), 0);
  }

  /** A step of a sweep; the rest of the loop has its turn before the next one. */
  private sweepFrom(items: readonly Sweepable[], first: number): void {
    const now = performance.now();
    let next = first;
    do {
      for (const item of items.slice(next, next + perGlance)) sweep(item, now);
      next += perGlance;
    } while (next < Math.min(items.length, first + perStep) && performance.now() - now < longestStep);
    if (next < items.length) {
      setImmediate(() => this.sweepFrom(items, next));
      return;
    }
    this.state = 'idle';
    // Not with the last item, but a tick later: sessions that come one after the other would set the timer each.
    if (this.items.size === 0) this.close();
  }
}

function sweep(item: Sweepable, now: number): void {
  // One item's deadline may end another, which has left the list then.
  if (item.slot === -1) return;
  try {
    item.sweep(now);
  } catch (error) {
    crash(item, error);
  }
}
