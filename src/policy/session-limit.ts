import { TokenBucket } from './token-bucket.ts';

/** How many sessions one listener has right now. */
export interface ListenerLoad {
  sessions: number;
  /** Sessions at once. */
  readonly most: number;
  /** The bucket of newcomers that are no crowd: see `TokenBucket`. */
  calm: number;
}

/** Sessions at one listener that are no crowd, however fast they come. */
const few = 256;
/** Newcomers beyond them are no crowd at this rate; milliseconds. */
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

  /** `total`: sessions at once in all. */
  constructor(total: number) {
    this.total = total;
  }

  hasRoom(load: ListenerLoad): boolean {
    return this.sessions < this.total && load.sessions < load.most;
  }

  /**
   * Whether a listener has many sessions, and more come than its rate and those who leave with their work done make up
   * for, while others have sessions, too, which a flood must not hold up. `clock`: monotonic milliseconds.
   */
  crowded(load: ListenerLoad, clock: () => number): boolean {
    return load.sessions >= few && load.sessions < this.sessions && !bucket.hasToken(load.calm, clock());
  }

  /** `now`: monotonic milliseconds. */
  enter(load: ListenerLoad, now: number): void {
    this.sessions += 1;
    load.sessions += 1;
    // Who comes in while it is empty takes nothing from those who come later.
    load.calm = Math.min(bucket.take(load.calm, now), now + calmRate.per);
  }

  /** `work`: whether the session has moved a byte; its place in the bucket is given back then. */
  leave(load: ListenerLoad, work: 'some' | 'none'): void {
    this.sessions -= 1;
    load.sessions -= 1;
    if (work === 'some') load.calm -= bucket.each;
  }
}
