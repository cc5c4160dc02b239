import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type Ip, parseIp } from '../../src/base/ip.ts';
import type { PlannedSourceLimits } from '../../src/plan/plan.ts';
import type { Denial } from '../../src/policy/denial.ts';
import { SourceTable } from '../../src/policy/source-table.ts';
import { perSource } from './rules.ts';

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

/** As a gateway does it: counted in where nothing speaks against it. */
function come(table: SourceTable, source: Ip, now: number): Denial | 'admitted' {
  const denial = table.check(source, now);
  if (denial !== undefined) return denial;
  table.enter(source, now);
  return 'admitted';
}

/** A session that is over at once. */
function visit(table: SourceTable, source: Ip, now: number): Denial | 'admitted' {
  const outcome = come(table, source, now);
  if (outcome === 'admitted') table.leave(source, now);
  return outcome;
}

describe('sessions at once', () => {
  it('are limited, and room comes back as sessions leave', () => {
    const table = new SourceTable(perSource({ sessions: 2 }));
    const source = ip('192.0.2.7');
    expect([1, 2, 3].map((now) => come(table, source, now))).toEqual(['admitted', 'admitted', 'source sessions']);
    expect(come(table, ip('192.0.2.8'), 4)).toBe('admitted');
    table.leave(source, 5);
    expect([6, 7].map((now) => come(table, source, now))).toEqual(['admitted', 'source sessions']);
  });

  it('leave nothing behind', () => {
    const table = new SourceTable(perSource({ sessions: 2 }));
    for (let source = 0; source < 100; source += 1) visit(table, source, source);
    expect(table.size).toBe(0);
  });
});

describe('a rate', () => {
  const limits = perSource({ rate: { sessions: 20, per: 60_000, burst: 2 } });

  it('holds over sessions that are long over', () => {
    const table = new SourceTable(limits);
    const outcomes = [0, 1, 2, 2999, 3000, 3001].map((now) => visit(table, 7, now));
    expect(outcomes).toEqual(['admitted', 'admitted', 'source rate', 'source rate', 'admitted', 'source rate']);
  });

  it('takes no token from a denied source', () => {
    const table = new SourceTable(limits);
    for (let now = 0; now < 3000; now += 1) visit(table, 7, now);
    expect(visit(table, 7, 3000)).toBe('admitted');
  });

  it('forgets a source that owes nothing any more', () => {
    const table = new SourceTable(limits);
    for (let source = 1; source <= 10; source += 1) visit(table, source, 0);
    expect([table.size, table.idleSize]).toEqual([10, 10]);
    for (let source = 101; source <= 110; source += 1) visit(table, source, 10_000);
    expect([table.size, table.idleSize]).toEqual([10, 10]);
    come(table, 200, 10_000);
    table.leave(200, 20_000);
    expect(table.size).toBe(8);
  });
});

describe('a source', () => {
  test.each<[string, string, Partial<PlannedSourceLimits>, 'one' | 'two']>([
    ['192.0.2.7', '192.0.2.8', {}, 'two'],
    ['192.0.2.7', '::ffff:192.0.2.7', {}, 'one'],
    ['192.0.2.7', '192.0.2.200', { ipv4Prefix: 24 }, 'one'],
    ['192.0.2.7', '192.0.3.7', { ipv4Prefix: 24 }, 'two'],
    ['192.0.2.7', '10.0.0.1', { ipv4Prefix: 0 }, 'one'],
    ['223.0.0.1', '224.0.0.1', { ipv4Prefix: 8 }, 'two'],
    ['2001:db8::1', '2001:db8::ffff:0:0:2', {}, 'one'],
    ['2001:db8::1', '2001:db8:0:1::1', {}, 'two'],
    ['2001:db8::1', '2001:db8:0:1::1', { ipv6Prefix: 48 }, 'one'],
    ['2001:db8::1', '2001:db9::1', { ipv6Prefix: 0 }, 'one'],
    ['2001:db8::1', '2001:db8::2', { ipv6Prefix: 128 }, 'two'],
    ['2001:db8::1', '2001:db9::1', { ipv6Prefix: 128 }, 'two'],
    ['2001:db8::1:1', '2001:db8::1:2', { ipv6Prefix: 112 }, 'one'],
    ['0.0.0.1', '::1', { ipv4Prefix: 32, ipv6Prefix: 128 }, 'two'],
    ['0.0.0.0', '::', { ipv4Prefix: 0, ipv6Prefix: 0 }, 'two'],
  ])('%s and %s with %j: %s', (one, other, prefixes, sources) => {
    const table = new SourceTable(perSource({ sessions: 1, ...prefixes }));
    come(table, ip(one), 0);
    expect(come(table, ip(other), 0)).toBe(sources === 'one' ? 'source sessions' : 'admitted');
    table.leave(ip(one), 1);
    expect(come(table, ip(one), 1)).toBe('admitted');
  });

  it('is looked up as fast where an attacker picks IPv6 networks that hash alike in a Map', () => {
    const count = 20_000;
    const elapsed = (table: SourceTable, address: (n: number) => bigint): number => {
      const start = performance.now();
      for (let n = 0; n < count; n += 1) come(table, address(n), 0);
      return performance.now() - start;
    };
    const table = () => new SourceTable(perSource({ sessions: 1, ipv6Prefix: 128 }));
    elapsed(table(), (n) => BigInt(n));
    const quiet = elapsed(table(), (n) => BigInt(n));
    const attacked = elapsed(table(), (n) => (BigInt(n) << 64n) | 7n);
    // Seen in a plain Map: 140 times as long.
    expect(attacked).toBeLessThan(20 * quiet + 50);
  });
});

describe('memory', () => {
  const owing = perSource({ sessions: 10, rate: { sessions: 1, per: 60_000, burst: 1 } });

  it('forgets the idle source that was not seen for longest, which starts afresh', () => {
    const table = new SourceTable(owing, { mostIdle: 3 });
    for (const source of [1, 2, 3]) visit(table, source, 0);
    expect(table.idleSize).toBe(3);
    visit(table, 4, 1);
    expect([1, 2, 3, 4].map((source) => table.check(source, 2))).toEqual([
      undefined,
      'source rate',
      'source rate',
      'source rate',
    ]);
  });

  it('remembers a source that is denied again and again, however many others there are', () => {
    const table = new SourceTable(owing, { mostIdle: 3 });
    visit(table, 1, 0);
    const outcomes: string[] = [];
    for (let other = 2; other < 50; other += 1) {
      visit(table, other, 0);
      outcomes.push(visit(table, 1, 0));
    }
    expect(new Set(outcomes)).toEqual(new Set(['source rate']));
  });

  it('never forgets a source with a session', () => {
    const table = new SourceTable(owing, { mostIdle: 3 });
    come(table, 1, 0);
    for (let other = 2; other < 50; other += 1) visit(table, other, 0);
    expect(table.size).toBe(4);
    expect(table.check(1, 1)).toBe('source rate');
    table.leave(1, 1);
    expect(table.check(1, 1)).toBe('source rate');
  });

  it('needs none for the idle where none is allowed', () => {
    const table = new SourceTable(owing, { mostIdle: 0 });
    visit(table, 1, 0);
    expect(table.size).toBe(0);
  });
});

describe('over any sequence of sessions', () => {
  type Step =
    | { readonly does: 'come'; readonly source: Ip }
    | { readonly does: 'leave'; readonly nth: number }
    | { readonly does: 'wait'; readonly time: number };

  const source: fc.Arbitrary<Ip> = fc.oneof(
    fc.integer({ min: 0, max: 12 }).map((n) => 0xffff_fff0 + n),
    fc.bigInt({ min: 0n, max: 12n }).map((n) => n << 64n),
  );
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ does: fc.constant('come' as const), source }) },
    { weight: 4, arbitrary: fc.record({ does: fc.constant('leave' as const), nth: fc.nat({ max: 1000 }) }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('wait' as const), time: fc.nat({ max: 5000 }) }) },
  );
  const cases = fc.record({
    sessions: fc.integer({ min: 1, max: 3 }),
    burst: fc.integer({ min: 1, max: 4 }),
    each: fc.integer({ min: 1, max: 3000 }),
    mostIdle: fc.integer({ min: 0, max: 6 }),
    steps: fc.array(step, { maxLength: 200, size: 'max' }),
  });
  /** Does the steps; `look` is called after each. */
  function run(
    { table, steps }: { table: SourceTable; steps: readonly Step[] },
    look: (live: readonly Ip[], came?: { source: Ip; outcome: Denial | 'admitted'; now: number }) => void,
  ): void {
    const live: Ip[] = [];
    let now = 0;
    for (const one of steps) {
      if (one.does === 'wait') now += one.time;
      if (one.does === 'leave') {
        const [left] = live.splice(one.nth % Math.max(1, live.length), 1);
        if (left !== undefined) table.leave(left, now);
      }
      if (one.does !== 'come') look(live);
      else {
        const outcome = come(table, one.source, now);
        if (outcome === 'admitted') live.push(one.source);
        look(live, { source: one.source, outcome, now });
      }
    }
  }

  it('is never above its bound, and knows every live source', () => {
    fc.assert(
      fc.property(cases, ({ sessions, burst, each, mostIdle, steps }) => {
        const limits = perSource({ sessions, rate: { sessions: 1, per: each, burst } });
        const table = new SourceTable(limits, { mostIdle });
        const faults: string[] = [];
        run({ table, steps }, (live) => {
          const counts = new Map<Ip, number>();
          for (const one of live) counts.set(one, (counts.get(one) ?? 0) + 1);
          if (table.idleSize > mostIdle) faults.push(`${table.idleSize} idle`);
          if (table.size !== counts.size + table.idleSize) faults.push(`${table.size} in all`);
          for (const [one, count] of counts) {
            // Long after, the rate admits everyone: only the number of sessions limits.
            const later = table.check(one, Number.MAX_SAFE_INTEGER);
            if (later !== (count === sessions ? 'source sessions' : undefined)) faults.push(`${count} are ${later}`);
          }
        });
        expect(faults).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('decides as one that remembers everything, while there is room for all', () => {
    fc.assert(
      fc.property(cases, ({ sessions, burst, each, steps }) => {
        const limits = perSource({ sessions, rate: { sessions: 1, per: each, burst } });
        const table = new SourceTable(limits, { mostIdle: 100 });
        const entries = new Map<Ip, number[]>();
        let before: readonly Ip[] = [];
        run({ table, steps }, (live, came) => {
          if (came !== undefined) {
            const times = entries.get(came.source) ?? [];
            const atOnce = before.filter((one) => one === came.source).length;
            const expected =
              atOnce >= sessions
                ? 'source sessions'
                : hasToken(times, { burst, each }, came.now)
                  ? 'admitted'
                  : 'source rate';
            expect(came.outcome).toBe(expected);
            if (expected === 'admitted') entries.set(came.source, [...times, came.now]);
          }
          before = [...live];
        });
      }),
      { numRuns: 300 },
    );
  });

  /** Over any stretch of time that ends now: no more than a burst, and one for each token that came in it. */
  function hasToken(times: readonly number[], { burst, each }: { burst: number; each: number }, now: number): boolean {
    return times.every((start, at) => times.length - at + 1 <= burst + (now - start) / each);
  }
});
