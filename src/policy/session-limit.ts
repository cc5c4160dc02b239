import { TokenBucket } from './token-bucket.ts';

/** How many sessions one listener has right now. */
export interface ListenerLoad {
  sessions: number;
  /** Sessions at once; another plan may change it. */
  most: number;
}

/** So many sessions are no burst, however fast they are opened. */
const few = 256;
/** Beyond them, clients at this rate are no burst; milliseconds. */
const calmRate = { sessions: few, per: 1_000, burst: few };
const bucket = new TokenBucket(calmRate);

/** The load of a listener without clients. `most`: sessions at once. */
export function emptyLoad(most: number): ListenerLoad {
  return { sessions: 0, most };
}

/** Sessions at once, in all and through one listener: never more than the gateway's descriptors allow. */
export class SessionLimit {
  private total: number;
  private sessions = 0;
  /** The bucket of clients that are no burst: see `TokenBucket`. */
  private calm = TokenBucket.untouched;

  /** `total`: sessions at once in all. */
  constructor(total: number) {
    this.total = total;
  }

  /** Sessions at once in all from now on. Where more live already, there is no room until enough have ended. */
  update(total: number): void {
    this.total = total;
  }

  /**
   * Room for one more session. `paced`: there are many sessions, and over all listeners more are opened than the rate,
   * and the sessions that end with their work done, make up for. Where all sessions are of this listener it is `free`:
   * a flood delays no other then. `clock`: monotonic milliseconds.
   */
  room(load: ListenerLoad, clock: () => number): 'free' | 'paced' | 'none' {
    if (this.sessions >= this.total || load.sessions >= load.most) return 'none';
    if (this.sessions < few || load.sessions === this.sessions) return 'free';
    return bucket.hasToken(this.calm, clock()) ? 'free' : 'paced';
  }

  /** `now`: monotonic milliseconds. */
  enter(load: ListenerLoad, now: number): void {
    this.sessions += 1;
    load.sessions += 1;
    this.calm = afterOne(this.calm, now);
  }

  /** `work`: whether the session has moved a byte; its place in the bucket is given back then. */
  leave(load: ListenerLoad, work: 'some' | 'none'): void {
    this.sessions -= 1;
    load.sessions -= 1;
    if (work === 'none') return;
    this.calm -= bucket.each;
  }
}

/** The bucket after one token was taken. Its debt is at most one second: a burst that is over slows no client down. */
function afterOne(calm: number, now: number): number {
  return Math.min(bucket.take(calm, now), now + calmRate.per);
}
