import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PlannedTarget } from '../../src/plan/plan.ts';
import { HealthChecks, type ProbeOutcome } from '../../src/upstream/health-checks.ts';
import { checkedEvery, checkedPool, checksFixture, manyPools, quick } from './checks-fixture.ts';

/** Time that passed without a timer having been looked at: the process was stopped. */
let stopped = 0;
const clock = () => Date.now() + stopped;

beforeEach(() => {
  stopped = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

const checksOf = (takes: (target: PlannedTarget) => number, outcome: (target: PlannedTarget) => ProbeOutcome) =>
  checksFixture(takes, outcome, { clock });

const fine = (): ProbeOutcome => ({ ok: true });

/** The most probes begun within any stretch of so many milliseconds. */
function densest(probes: readonly { at: number }[], stretch: number): number {
  const begun = probes.map(({ at }) => at).sort((one, other) => one - other);
  return Math.max(...begun.map((from, first) => begun.filter((at, nth) => nth >= first && at < from + stretch).length));
}

/** How often each host was probed. */
function perHost(probes: readonly { host: string }[]): number[] {
  const counts = new Map<string, number>();
  for (const { host } of probes) counts.set(host, (counts.get(host) ?? 0) + 1);
  return [...counts.values()];
}

describe('the schedule', () => {
  it('spreads 762 targets evenly, and checks each once an interval', async () => {
    const { checks, probes, seen } = checksOf(quick, fine);
    checks.update(manyPools(762, 5000));
    await vi.advanceTimersByTimeAsync(4999);
    expect(perHost(probes)).toEqual(Array(762).fill(1));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(perHost(probes)).toEqual(Array(762).fill(5));
    // 762 in 5 s are 15.24 in 100 ms.
    expect(densest(probes, 100)).toBeLessThanOrEqual(17);
    expect(seen.most).toBeLessThanOrEqual(3);
    await checks.stop();
  });

  it('spreads those of each interval by themselves', async () => {
    const { checks, probes } = checksOf(quick, fine);
    checks.update([...manyPools(100, 1000, 'fast'), ...manyPools(100, 10_000, 'slow')]);
    await vi.advanceTimersByTimeAsync(9999);
    expect(
      densest(
        probes.filter(({ host }) => host.startsWith('fast')),
        100,
      ),
    ).toBeLessThanOrEqual(11);
    expect(
      densest(
        probes.filter(({ host }) => host.startsWith('slow')),
        1000,
      ),
    ).toBeLessThanOrEqual(11);
    expect(probes.length).toBe(100 * 10 + 100);
    await checks.stop();
  });

  it('leaves no timer when it is stopped', async () => {
    const { checks } = checksOf(quick, fine);
    checks.update(manyPools(10, 5000));
    await vi.advanceTimersByTimeAsync(7000);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await checks.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves out what was missed while the process was stopped', async () => {
    const { checks, probes } = checksOf(quick, fine);
    checks.update(manyPools(762, 5000));
    await vi.advanceTimersByTimeAsync(7000);
    stopped += 12_345;
    probes.length = 0;
    const continued = clock();
    await vi.advanceTimersByTimeAsync(5000);
    expect(new Set(probes.map(({ host }) => host)).size).toBe(762);
    expect(densest(probes, 100)).toBeLessThanOrEqual(17);
    expect(probes.every(({ at }) => at >= continued)).toBe(true);
    await checks.stop();
  });

  it('waits for what is due beyond the reach of a timer', async () => {
    const { checks, probes } = checksOf(quick, fine);
    checks.update(manyPools(2, 2 ** 33));
    await vi.advanceTimersByTimeAsync(7_200_000);
    expect(probes.length).toBe(1);
    await checks.stop();
  });

  it('checks a pool that several listeners share once, and no pool without checks', async () => {
    const { checks, probes } = checksOf(quick, fine);
    const shared = checkedPool([{ host: 'shared' }], checkedEvery(5000));
    checks.update([shared, checkedPool([{ host: 'passive' }]), shared]);
    await vi.advanceTimersByTimeAsync(4999);
    expect(probes.map(({ host }) => host)).toEqual(['shared']);
    await checks.stop();
  });
});

describe('slow targets', () => {
  it('are never probed twice at once, nor more seldom than the interval where a probe takes all of it', async () => {
    const { checks, probes, seen } = checksOf(() => 5000, fine);
    checks.update(manyPools(3, 5000));
    await vi.advanceTimersByTimeAsync(49_999);
    expect(seen.overlaps).toBe(0);
    expect(perHost(probes)).toEqual([10, 10, 10]);
    await checks.stop();
  });

  it('never have more than 16 probes under way, and each gets its turn', async () => {
    const { checks, probes, seen } = checksOf(() => 5000, fine);
    checks.update(manyPools(64, 5000));
    // Until all were checked once, those that have answered are preferred, but never alone.
    await vi.advanceTimersByTimeAsync(100_000);
    expect(seen.most).toBe(16);
    expect(perHost(probes).length).toBe(64);
    probes.length = 0;
    await vi.advanceTimersByTimeAsync(100_000);
    expect(seen.overlaps).toBe(0);
    const counts = perHost(probes);
    expect(counts.length).toBe(64);
    // 16 places for 100 s are 320 probes of 5 s: 5 for each.
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...counts)).toBeLessThanOrEqual(6);
    await checks.stop();
  });

  it.each([
    ['the dial time-out', 2000, 5000, 2000],
    ['the interval', 9000, 5000, 5000],
  ])('have as long as %s, where that is shorter', async (_, timeout, interval, expected) => {
    const { checks, probes } = checksOf(quick, fine);
    checks.update([{ ...checkedPool([{}], checkedEvery(interval)), timeout }]);
    await vi.advanceTimersByTimeAsync(10);
    expect(probes).toMatchObject([{ timeout: expected }]);
    await checks.stop();
  });
});

describe('an outcome', () => {
  it('is reported to the pool', async () => {
    let answer: ProbeOutcome = { ok: false, why: 'refused' };
    const { checks } = checksOf(quick, () => answer);
    const checked = checkedPool([{ host: 'vm' }], checkedEvery(1000));
    const { events } = checked;
    checks.update([checked]);
    await vi.advanceTimersByTimeAsync(2500);
    expect(events.map(({ kind }) => kind)).toEqual(['target out', 'pool empty']);
    answer = { ok: true };
    await vi.advanceTimersByTimeAsync(2000);
    expect(events.map(({ kind }) => kind).slice(2)).toEqual(['target in', 'pool has targets again']);
    await checks.stop();
  });

  it('that proves nothing about the target changes nothing', async () => {
    const { checks, probes } = checksOf(quick, () => 'not tried');
    const checked = checkedPool([{ host: 'vm' }], checkedEvery(1000));
    const { targets, events } = checked;
    const before = targets.map(({ health }) => health);
    checks.update([checked]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(probes.length).toBeGreaterThanOrEqual(10);
    expect([targets.map(({ health }) => health), events]).toEqual([before, []]);
    await checks.stop();
  });
});

describe('stop', () => {
  it('ends the probes under way and begins no other, however often it is called', async () => {
    const { checks, probes, underWay } = checksOf(
      () => 5000,
      () => ({ ok: false, why: 'refused' }),
    );
    checks.update(manyPools(40, 5000));
    await vi.advanceTimersByTimeAsync(4000);
    // Half of the places: no target has answered yet.
    expect(underWay.length).toBe(8);
    const begun = probes.length;
    await Promise.all([checks.stop(), checks.stop()]);
    expect([underWay, vi.getTimerCount()]).toEqual([[], 0]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(probes.length).toBe(begun);
    await checks.stop();
  });

  it('waits until the probes are closed, and reports none of their outcomes', async () => {
    let cancelled = false;
    let end = (_outcome: ProbeOutcome): void => {};
    const checks = new HealthChecks({
      mostAtOnce: 16,
      clock,
      probe: () => ({
        done: new Promise((resolve) => {
          end = resolve;
        }),
        cancel: () => {
          cancelled = true;
        },
      }),
    });
    const checked = checkedPool([{}], { health: { interval: 5000, rise: 1, fall: 1 } });
    const { events } = checked;
    checks.update([checked]);
    await vi.advanceTimersByTimeAsync(10);
    const ending: string[] = [];
    const stopping = checks.stop().then(() => ending.push('stopped'));
    await vi.advanceTimersByTimeAsync(10);
    expect(cancelled).toBe(true);
    ending.push('probe ends');
    end({ ok: false, why: 'refused' });
    await stopping;
    expect(ending).toEqual(['probe ends', 'stopped']);
    expect([events, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it('is not needed for the process to end', async () => {
    vi.useRealTimers();
    const timers = (): number => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length;
    const before = timers();
    // Two, as the first is probed at once, and a timer waits for the second.
    const checks = new HealthChecks({
      mostAtOnce: 16,
      probe: () => ({ done: Promise.resolve({ ok: true }), cancel: () => {} }),
    });
    checks.update(manyPools(2, 60_000));
    expect(timers()).toBe(before);
    await checks.stop();
  });
});
