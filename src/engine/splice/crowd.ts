import { EPOLLERR } from '../../libc/constants.ts';
import { type Crashable, crash } from '../crashable.ts';
import { type Laned, Lanes } from './lanes.ts';
import { Pace } from './pace.ts';

/** What has events to be told of. */
export interface Told extends Crashable, Laned {
  /** Events that wait to be told, 0 for none. */
  pending: number;
  /** `events` as epoll_ctl(2) has them. */
  ready(events: number): void;
}

/** Events told in one go. */
const slice = 8;
/** So many pieces of resets without an event of another door: nobody is held up by them. */
const alone = 64;
/** Resets in a piece then. */
const mostAlone = 256;

/**
 * Events that wait, as more are ready than can be told in a row: in lanes that take turns, but for sessions that were
 * reset. Nobody waits for those, and ending one costs as much as any other work, so that they give way: see `Pace`.
 */
export class Crowd<T extends Told> {
  private readonly lanes = new Lanes<T>();
  private resets: T[] = [];
  private readonly pace = new Pace((most) => this.tellResets(most));
  /** Pieces of resets since another door than theirs had an event. */
  private quiet = 0;

  /** What waits for the next turn. */
  get size(): number {
    return this.lanes.size;
  }

  get empty(): boolean {
    return this.lanes.size === 0 && this.resets.length === 0;
  }

  add(item: T, events: number): void {
    if (item.pending === 0) {
      // Lane 0: a dial that has failed, which somebody waits for.
      if ((events & EPOLLERR) === 0 || item.lane === 0) this.lanes.add(item);
      else {
        this.resets.push(item);
        this.pace.start();
      }
    }
    item.pending |= events;
  }

  /** Tells a slice of what waits in lanes. */
  tell(): void {
    for (let told = 0; told < slice; told += 1) {
      const item = this.lanes.take();
      if (item === undefined) return;
      if (item.lane !== this.resets[0]?.lane) this.quiet = 0;
      tellOf(item);
    }
  }

  close(): void {
    this.pace.close();
  }

  private tellResets(most: number): 'more' | 'done' {
    this.quiet += 1;
    const told = this.resets.splice(0, this.quiet > alone ? mostAlone : most);
    for (const item of told) tellOf(item);
    return this.resets.length > 0 ? 'more' : 'done';
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
