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
/** So many resets are told as all else is. */
const fewResets = 64;
/** The part of all resets that wait that is told at least in a piece: no backlog lasts. */
const leastPart = 1 / 512;
/** So many pieces of resets without an event of a door that has none: hardly anybody is held up by larger ones. */
const alone = 64;
const mostAlone = 64;

/**
 * Events that wait, as more are ready than can be told in a row: in lanes that take turns. Where many sessions were reset,
 * those have lanes of their own, and give way to all else: ending one costs as much as any other work, and mostly it is a crowd
 * that leaves. See `Pace`.
 */
export class Crowd<T extends Told> {
  private readonly lanes = new Lanes<T>();
  private readonly resets = new Lanes<T>();
  private readonly pace = new Pace((most) => this.tellPiece(most));
  /** Pieces since a door that has no resets had an event. */
  private quiet = 0;

  /** What waits for the next turn. */
  get size(): number {
    return this.lanes.size + (this.resets.size > fewResets ? 0 : this.resets.size);
  }

  get empty(): boolean {
    return this.lanes.size === 0 && this.resets.size === 0;
  }

  add(item: T, events: number): void {
    if (item.pending === 0) {
      // Lane 0: a dial that has failed, which somebody waits for.
      if ((events & EPOLLERR) === 0 || item.lane === 0) this.lanes.add(item);
      else {
        this.resets.add(item);
        if (this.resets.size > fewResets) this.pace.start();
      }
    }
    item.pending |= events;
  }

  /** Tells a slice of what waits, and one of the resets where they are few. */
  tell(): void {
    for (let told = 0; told < slice; told += 1) {
      const item = this.lanes.take();
      if (item === undefined) break;
      if (item.lane !== 0 && !this.resets.has(item.lane)) this.quiet = 0;
      tellOf(item);
    }
    if (this.resets.size <= fewResets) this.tellResets(slice);
  }

  close(): void {
    this.pace.close();
  }

  private tellPiece(most: number): 'more' | 'done' {
    this.quiet += 1;
    const least = Math.ceil(this.resets.size * leastPart);
    this.tellResets(this.quiet > alone ? mostAlone : Math.max(least, most));
    return this.resets.size > 0 ? 'more' : 'done';
  }

  private tellResets(most: number): void {
    for (let told = 0; told < most; told += 1) {
      const item = this.resets.take();
      if (item === undefined) return;
      tellOf(item);
    }
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
