import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TokenBucket } from '../../src/policy/token-bucket.ts';

/** A bucket as one would explain it: so many tokens, and more as time goes by. Times are whole tokens' parts: exact. */
class NaiveBucket {
  private parts: number;
  private at: number | undefined = undefined;
  private readonly burst: number;
  private readonly each: number;

  /** `each`: milliseconds a token takes, so that a millisecond brings one part of `each` of it. */
  constructor(burst: number, each: number) {
    this.burst = burst;
    this.each = each;
    this.parts = burst * each;
  }

  take(now: number): boolean {
    this.parts = Math.min(this.burst * this.each, this.parts + (now - (this.at ?? now)));
    this.at = now;
    if (this.parts < this.each) return false;
    this.parts -= this.each;
    return true;
  }

  isFull(now: number): boolean {
    return this.parts + (now - (this.at ?? now)) >= this.burst * this.each;
  }
}

it('lets in a burst, then one for each token that has come', () => {
  const bucket = new TokenBucket({ sessions: 20, per: 60_000, burst: 3 });
  let fullAt = TokenBucket.untouched;
  const enter = (now: number): boolean => {
    const may = bucket.hasToken(fullAt, now);
    if (may) fullAt = bucket.take(fullAt, now);
    return may;
  };
  const seen = [0, 0, 0, 0, 2999, 3000, 3001, 6000, 600_000, 600_000, 600_000, 600_000].map(enter);
  expect(seen).toEqual([true, true, true, false, false, true, false, true, true, true, true, false]);
});

it('without a rate it always has a token, and is full at once', () => {
  const bucket = new TokenBucket(undefined);
  let fullAt = TokenBucket.untouched;
  for (let turn = 0; turn < 10_000; turn += 1) fullAt = bucket.take(fullAt, 5);
  expect([bucket.hasToken(fullAt, 5), fullAt]).toEqual([true, 5]);
});

it('does as a bucket of tokens does, at any times', () => {
  const cases = fc.record({
    burst: fc.integer({ min: 1, max: 8 }),
    each: fc.integer({ min: 1, max: 1000 }),
    sessions: fc.constantFrom(1, 2, 4, 8),
    start: fc.integer({ min: -5000, max: 2 ** 40 }),
    pauses: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 5000 })), {
      maxLength: 80,
      size: 'max',
    }),
  });
  fc.assert(
    fc.property(cases, ({ burst, each, sessions, start, pauses }) => {
      const bucket = new TokenBucket({ sessions, per: each * sessions, burst });
      const naive = new NaiveBucket(burst, each);
      let fullAt = TokenBucket.untouched;
      let now = start;
      for (const pause of pauses) {
        now += pause;
        const may = bucket.hasToken(fullAt, now);
        if (may) fullAt = bucket.take(fullAt, now);
        expect(may).toBe(naive.take(now));
        expect(fullAt <= now).toBe(naive.isFull(now));
      }
    }),
    { numRuns: 500 },
  );
});
