import type { PlannedRate } from '../plan/plan.ts';

/**
 * The rule of a token bucket: `burst` sessions at once, then one each time a token has come. A bucket itself is a
 * single number, the time at which it is full again (monotonic milliseconds): each session puts it off by the time that
 * a token takes (the generic cell rate algorithm, ITU-T I.371), so there is nothing to refill.
 */
export class TokenBucket {
  /** A bucket that no token was taken from. */
  static readonly untouched = Number.NEGATIVE_INFINITY;
  /** Milliseconds in which one token comes. */
  readonly each: number;
  /** Milliseconds that a bucket may be away from full while it still has a whole token. */
  private readonly furthest: number;

  /** No rate: tokens cost nothing, and every bucket is full at once. */
  constructor(rate: PlannedRate | undefined) {
    this.each = rate === undefined ? 0 : rate.per / rate.sessions;
    this.furthest = rate === undefined ? Number.POSITIVE_INFINITY : this.each * (rate.burst - 1);
  }

  /** Whether it is the same rule. */
  isLike({ each, furthest }: TokenBucket): boolean {
    return each === this.each && furthest === this.furthest;
  }

  hasToken(fullAt: number, now: number): boolean {
    return fullAt - now <= this.furthest;
  }

  /** A bucket of another rule under this one: it owes as many tokens, and no more than this one can hold. */
  convert(fullAt: number, from: TokenBucket, now: number): number {
    if (fullAt <= now) return fullAt;
    return now + Math.min(((fullAt - now) / from.each) * this.each, this.furthest + this.each);
  }

  /** The bucket after one token was taken from it. */
  take(fullAt: number, now: number): number {
    return Math.max(fullAt, now) + this.each;
  }
}
