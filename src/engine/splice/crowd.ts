import { EPOLLERR } from '../../libc/constants.ts';
import { type Crashable, crash } from '../crashable.ts';
import { type Laned, Lanes } from '../lanes.ts';
import { Resets } from '../resets.ts';

/** What has events to be told of. */
export interface Told extends Crashable, Laned {
  /** Events that wait to be told, 0 for none. */
  pending: number;
  /** `events` as epoll_ctl(2) has them. */
  ready(events: number): void;
}

/** Events told in one go. */
const slice = 8;

/** Events that wait, as more are ready than can be told in a row: in lanes that take turns. Resets have their own: see `Resets`. */
export class Crowd<T extends Told> {
  private readonly lanes = new Lanes<T>();
  private readonly resets = new Resets<T>(tellOf);

  /** What waits for the next turn. */
  get size(): number {
    return this.lanes.size + (this.resets.areFew ? this.resets.size : 0);
  }

  get empty(): boolean {
    return this.lanes.size === 0 && this.resets.size === 0;
  }

  add(item: T, events: number): void {
    if (item.pending === 0) {
      // Lane 0: a dial that has failed, which somebody waits for.
      if ((events & EPOLLERR) === 0 || item.lane === 0) this.lanes.add(item);
      else this.resets.add(item);
    }
    item.pending |= events;
  }

  /** Tells a slice of what waits, and one of the resets where they are few. */
  tell(): void {
    for (let told = 0; told < slice; told += 1) {
      const item = this.lanes.take();
      if (item === undefined) break;
      this.resets.heard(item.lane);
      tellOf(item);
    }
    if (this.resets.areFew) this.resets.tell(slice);
  }

  close(): void {
    this.resets.close();
  }
}

function tellOf(item: Told): void {
  const events = item.pending;
  item.pending = 0;
  // It has been closed meanwhile.
  if (events === 0) return;
  try {
    item.ready(events);
  } catch (error) {
    crash(item, error);
  }
}
