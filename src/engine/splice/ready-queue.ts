import { EPOLLERR } from '../../libc/constants.ts';
import { type Crashable, crash } from '../crashable.ts';
import { FairQueue, type HasFlow } from '../fair-queue.ts';
import { Resets } from '../resets.ts';

/** What has events to be told of. */
export interface Told extends Crashable, HasFlow {
  /** Events that wait to be told, 0 for none. */
  pending: number;
  /** `events` as epoll_ctl(2) has them. */
  ready(events: number): void;
}

/** Events told in one go. */
const slice = 8;

/** Events that wait, as more are ready than can be told in a row: in fairQueue that take turns. Resets have their own: see `Resets`. */
export class ReadyQueue<T extends Told> {
  private readonly fairQueue = new FairQueue<T>();
  private readonly resets = new Resets<T>(tellOf);

  /** What waits for the next turn. */
  get size(): number {
    return this.fairQueue.size + (this.resets.areFew ? this.resets.size : 0);
  }

  get empty(): boolean {
    return this.fairQueue.size === 0 && this.resets.size === 0;
  }

  add(item: T, events: number): void {
    if (item.pending === 0) {
      // Flow 0: a dial that has failed, which somebody waits for.
      if ((events & EPOLLERR) === 0 || item.flow === 0) this.fairQueue.add(item);
      else this.resets.add(item);
    }
    item.pending |= events;
  }

  /** Tells a slice of what waits, and one of the resets where they are few. */
  tell(): void {
    for (let told = 0; told < slice; told += 1) {
      const item = this.fairQueue.take();
      if (item === undefined) break;
      this.resets.heard(item.flow);
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
