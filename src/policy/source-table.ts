import type { Ip } from '../base/ip.ts';
import type { PlannedSourceLimits } from '../plan/plan.ts';
import type { Denial } from './denial.ts';
import { RecencyList } from './recency-list.ts';
import { type Source, SourceIndex } from './source-index.ts';
import { TokenBucket } from './token-bucket.ts';

export interface SourceTableOptions {
  /** Sources without a session that are remembered; 131,072 where it is left out. */
  readonly mostIdle?: number;
}

/**
 * Sessions at once and new sessions per time, per source. `now` is in monotonic milliseconds everywhere.
 *
 * **Memory.** A source with a session is never forgotten; there are at most as many as the gateway has sessions. One
 * without a session is remembered while it owes tokens, but at most `mostIdle` of them: beyond that, the one least
 * recently seen is forgotten and starts afresh, with a full bucket. There is no timer: a bucket that is full again leaves
 * when later sessions end, two for each, so that what a flood has left goes away with traffic, not by itself.
 *
 * **What an attacker with many addresses can do.** A source is seen when it enters, when it leaves and when it is denied
 * for its rate. So it is forgotten early only after `mostIdle` other sources, all of which owe tokens of their own, were
 * seen after it: who keeps knocking stays remembered, and with up to `mostIdle` sources nothing at all is won. With more,
 * by turns, each is good for another burst every time; their number is what lets them in then, and the limits on sessions
 * are what holds. Being forgotten only ever lets in more: nobody is kept out because of others.
 */
export class SourceTable {
  private readonly bucket: TokenBucket;
  private readonly mostSessions: number;
  private readonly mostIdle: number;
  private readonly sources: SourceIndex;
  private readonly idle = new RecencyList<Source>();

  constructor(limits: PlannedSourceLimits, { mostIdle = 131_072 }: SourceTableOptions = {}) {
    this.sources = new SourceIndex(limits);
    this.bucket = new TokenBucket(limits.rate);
    this.mostSessions = limits.sessions ?? Number.POSITIVE_INFINITY;
    this.mostIdle = mostIdle;
  }

  /** Sources that are remembered now, with a session or without. */
  get size(): number {
    return this.sources.size;
  }

  /** Those of them that have no session. */
  get idleSize(): number {
    return this.idle.size;
  }

  /** Whether a session more is too many for its source, and why. Takes nothing. */
  check(ip: Ip, now: number): Denial | undefined {
    const source = this.sources.find(ip);
    if (source === undefined) return undefined;
    if (source.sessions >= this.mostSessions) return 'source sessions';
    if (this.bucket.hasToken(source.fullAt, now)) return undefined;
    if (source.sessions === 0) {
      this.idle.remove(source);
      this.idle.add(source);
    }
    return 'source rate';
  }

  /** Takes a token and counts a session in. To be called after a `check` that found nothing. */
  enter(ip: Ip, now: number): void {
    const source = this.sources.findOrAdd(ip);
    // One that was known already, without a session: idle no more.
    if (source.sessions === 0 && source.fullAt !== TokenBucket.untouched) this.idle.remove(source);
    source.sessions += 1;
    source.fullAt = this.bucket.take(source.fullAt, now);
  }

  /** The counterpart of `enter`, once for each. */
  leave(ip: Ip, now: number): void {
    const source = this.sources.find(ip);
    if (source === undefined || source.sessions === 0) return;
    source.sessions -= 1;
    if (source.sessions > 0) return;
    if (source.fullAt <= now) this.sources.delete(source);
    else this.idle.add(source);
    if (this.idle.size > this.mostIdle) this.forgetOldest(Number.POSITIVE_INFINITY);
    // More at once than one idle source can have come of this, so that what a flood left shrinks.
    this.forgetOldest(now);
    this.forgetOldest(now);
  }

  /** Where it owes nothing any more at that time. */
  private forgetOldest(now: number): void {
    const { oldest } = this.idle;
    if (oldest === undefined || oldest.fullAt > now) return;
    this.idle.remove(oldest);
    this.sources.delete(oldest);
  }
}
