import { describe, expect, it } from 'vitest';
import { PendingDials } from '../../src/policy/pending-dials.ts';

/**
 * Begins as many dials of a host as are let through, and returns how many of `count` were; what denied the last one.
 */
function flood(dials: PendingDials, host: string, count: number, now: number) {
  let begun = 0;
  let denial: string | undefined;
  for (let one = 0; one < count; one += 1) {
    denial = dials.check(host, now);
    if (denial !== undefined) continue;
    dials.begin(host, now);
    begun += 1;
  }
  return { begun, denial };
}

function end(dials: PendingDials, host: string, outcome: 'answer' | 'no answer', now: number, times = 1): void {
  for (let one = 0; one < times; one += 1) dials.end(host, outcome, now);
}

describe('a host that does not answer', () => {
  it('has any number of dials for 10 s, and 16 from then on', () => {
    const dials = new PendingDials(1_000);
    expect(flood(dials, 'a', 20, 0)).toEqual({ begun: 20, denial: undefined });
    expect(dials.check('a', 9_999)).toBeUndefined();
    expect(dials.check('a', 10_000)).toBe('no answer');
    end(dials, 'a', 'no answer', 10_000, 4);
    expect(dials.check('a', 10_000)).toBe('no answer');
    end(dials, 'a', 'no answer', 10_000, 1);
    expect(flood(dials, 'a', 20, 10_000)).toEqual({ begun: 1, denial: 'no answer' });
    expect(dials.check('b', 10_000)).toBeUndefined();
  });

  it('counts from the first dial on, though it is over by now', () => {
    const dials = new PendingDials(1_000);
    dials.begin('a', 0);
    end(dials, 'a', 'no answer', 5_000);
    expect(flood(dials, 'a', 20, 5_000).begun).toBe(20);
    expect(dials.check('a', 10_000)).toBe('no answer');
  });

  it('always has one that tries, and is dialed by all the moment it answers', () => {
    const dials = new PendingDials(1_000);
    flood(dials, 'a', 20, 0);
    expect(dials.check('a', 11_000)).toBe('no answer');
    end(dials, 'a', 'no answer', 11_000, 20);
    expect(flood(dials, 'a', 40, 11_000)).toEqual({ begun: 16, denial: 'no answer' });
    end(dials, 'a', 'answer', 12_000);
    expect(flood(dials, 'a', 40, 12_000).begun).toBe(40);
  });

  it('has been silent only since it was dialed again', () => {
    const dials = new PendingDials(1_000);
    dials.begin('a', 0);
    end(dials, 'a', 'no answer', 3_000);
    expect(flood(dials, 'a', 20, 13_000).begun).toBe(20);
    expect(dials.check('a', 22_999)).toBeUndefined();
    expect(dials.check('a', 23_000)).toBe('no answer');
  });

  it('has been silent since its last answer', () => {
    const dials = new PendingDials(1_000);
    flood(dials, 'a', 20, 0);
    end(dials, 'a', 'answer', 9_000);
    expect(dials.check('a', 18_999)).toBeUndefined();
    expect(dials.check('a', 19_000)).toBe('no answer');
  });
});

describe('a quarter of all sessions', () => {
  it('is what dials at most', () => {
    const dials = new PendingDials(400);
    expect(flood(dials, 'a', 500, 0)).toEqual({ begun: 100, denial: 'dials' });
    expect(dials.size).toBe(100);
  });

  it('does not hold for a host whose dials are answered', () => {
    const dials = new PendingDials(400);
    flood(dials, 'absent', 500, 0);
    // The first always may, and the others once it has answered.
    expect(flood(dials, 'a', 5, 0)).toEqual({ begun: 1, denial: 'dials' });
    end(dials, 'a', 'answer', 1);
    expect(flood(dials, 'a', 50, 1)).toEqual({ begun: 50, denial: undefined });
    // Half of all sessions at most, and not longer than a second.
    expect(flood(dials, 'a', 500, 2)).toEqual({ begun: 150, denial: 'dials' });
    end(dials, 'a', 'no answer', 3, 100);
    expect(dials.check('a', 1_000)).toBeUndefined();
    expect(dials.check('a', 1_001)).toBe('dials');
  });

  it('leaves a few dials to a host that answered at any time, until it lets them wait for a second', () => {
    const dials = new PendingDials(400);
    dials.begin('a', 0);
    end(dials, 'a', 'answer', 1);
    flood(dials, 'absent', 500, 60_000);
    expect(flood(dials, 'a', 50, 60_000)).toEqual({ begun: 50, denial: undefined });
    expect(flood(dials, 'a', 50, 60_000)).toEqual({ begun: 14, denial: 'dials' });
    end(dials, 'a', 'no answer', 60_999, 8);
    expect(dials.check('a', 60_999)).toBeUndefined();
    expect(dials.check('a', 61_000)).toBe('dials');
  });

  it('does not keep all sessions from a host that answers, where there are few', () => {
    const dials = new PendingDials(50);
    dials.begin('a', 0);
    end(dials, 'a', 'answer', 1);
    expect(flood(dials, 'a', 50, 5_000)).toEqual({ begun: 50, denial: undefined });
  });

  it('is one session at least', () => {
    const dials = new PendingDials(1);
    expect(flood(dials, 'a', 2, 0).begun).toBe(1);
  });

  it('is that of other sessions once their number changes', () => {
    const dials = new PendingDials(400);
    flood(dials, 'a', 500, 0);
    dials.update(800);
    expect(flood(dials, 'a', 500, 0)).toEqual({ begun: 100, denial: 'dials' });
    dials.update(4);
    expect(flood(dials, 'a', 1, 0).denial).toBe('dials');
    expect(dials.size).toBe(200);
  });

  it('remembers no target that plans have no more, but for dials under way', () => {
    const dials = new PendingDials(400);
    for (const name of ['kept', 'gone', 'dialed']) dials.begin(name, 0);
    end(dials, 'kept', 'answer', 1);
    end(dials, 'gone', 'answer', 1);
    dials.keep(new Set(['kept']));
    expect([dials.known, dials.size]).toEqual([2, 1]);
    end(dials, 'dialed', 'no answer', 2);
    dials.keep(new Set(['kept']));
    expect([dials.known, dials.size]).toEqual([1, 0]);
    // What is known of the one that stays is as before.
    flood(dials, 'absent', 500, 60_000);
    expect(flood(dials, 'kept', 2, 60_000)).toEqual({ begun: 2, denial: undefined });
  });

  it('is free again when all is over', () => {
    const dials = new PendingDials(400);
    flood(dials, 'a', 500, 0);
    end(dials, 'a', 'no answer', 1, 200);
    expect(dials.size).toBe(0);
    expect(flood(dials, 'b', 500, 1).begun).toBe(100);
  });
});
