import { TokenBucket } from './token-bucket.ts';

/** How many sessions one listener has right now. */
export interface ListenerLoad {
  sessions: number;
  /** Sessions at once. */
  readonly most: number;
  /** The bucket of its clients that are no burst: see `TokenBucket`. */
  calm: number;
}

/** A burst of clients: at one listener, or counted over all of them. */
export type Burst = 'none' | 'here' | 'everywhere';

/** Sessions that are no burst, however fast they come. */
const few = 256;
/** Clients beyond them are no burst at this rate; milliseconds. */
const calmRate = { sessions: few, per: 1_000, burst: few };
const bucket = new TokenBucket(calmRate);

/** Of a listener where nobody has come yet. `most`: sessions at once. */
export function emptyLoad(most: number): ListenerLoad {
  return { sessions: 0, most, calm: TokenBucket.untouched };
}

/** Sessions at once, in all and through one listener: the gateway never takes on more than its descriptors carry. */
export class SessionLimit {
  private readonly total: number;
  private sessions = 0;
  /** As that of a listener, for all of them. */
  private calm = TokenBucket.untouched;

  /** `total`: sessions at once in all. */
  constructor(total: number) {
    this.total = total;
  }

  hasRoom(load: ListenerLoad): boolean {
    return this.sessions < this.total && load.sessions < load.most;
  }

  /**
   * Whether there are many sessions, and more come than the rate and those that leave with their work done make up for.
   * Not where all are this listener's: a flood holds up nobody else then. `clock`: monotonic milliseconds.
   */
  burst(load: ListenerLoad, clock: () => number): Burst {
    if (this.sessions < few || load.sessions === this.sessions) return 'none';
    const now = clock();
    if (load.sessions >= few && !bucket.hasToken(load.calm, now)) return 'here';
    return bucket.hasToken(this.calm, now) ? 'none' : 'everywhere';
  }

  /** `now`: monotonic milliseconds. */
  enter(load: ListenerLoad, now: number): void {
    this.sessions += 1;
    load.sessions += 1;
    load.calm = afterOne(load.calm, now);
    this.calm = afterOne(this.calm, now);
  }

  /** `work`: whether the session has moved a byte; its place in the buckets is given back then. */
  leave(load: ListenerLoad, work: 'some' | 'none'): void {
    this.sessions -= 1;
    load.sessions -= 1;
    if (work === 'none') return;
    load.calm -= bucket.each;
    this.calm -= bucket.each;
  }
}

/** The bucket after one token was taken. It owes a second of them at most: a burst that is over slows nobody down. */
function afterOne(calm: number, now: number): number {
  return Math.min(bucket.take(calm, now), now + calmRate.per);
}
