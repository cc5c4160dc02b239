import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hostText } from '../../src/base/host.ts';
import { checkedEvery, checkedPool, checksFixture, manyPools, quick } from './checks-fixture.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The milliseconds between the probes of each host, and before the first. */
function gaps(probes: readonly { host: string; at: number }[]): Map<string, number[]> {
  const last = new Map<string, number>();
  const found = new Map<string, number[]>();
  for (const { host, at } of probes) {
    const list = found.get(host) ?? [];
    list.push(at - (last.get(host) ?? 0));
    found.set(host, list);
    last.set(host, at);
  }
  return found;
}

// Hundreds of thousands of timers, if fake ones.
describe('a subnet of which most hosts do not exist', { timeout: 60_000 }, () => {
  const isLive = (host: string): boolean => Number(host.slice(2)) % 5 === 0;
  /** 153 that answer at once, and 612 that swallow packets, mixed. */
  const subnet = (awake: (host: string) => boolean, mostAtOnce: number) =>
    checksFixture(
      (target) => (awake(hostText(target)) ? 1 : 5000),
      (target) => (awake(hostText(target)) ? { ok: true } : { ok: false, why: 'no answer' }),
      { mostAtOnce },
    );
  const spread = (lists: readonly number[][]) => ({
    first: Math.max(...lists.map(([first = 0]) => first)),
    // Not the second: after a wait for the first, each comes back at its own turn.
    shortest: Math.min(...lists.flatMap((list) => list.slice(2))),
    longest: Math.max(...lists.flatMap((list) => list.slice(1))),
  });

  it.each([
    { places: 16, settled: 1_200_000, firstWithin: 480_000, seldom: 400_000 },
    { places: 381, settled: 120_000, firstWithin: 20_000, seldom: 36_000 },
  ])('checks each that answers every interval from its first answer on, with $places places', async (given) => {
    const { checks, probes, seen } = subnet(isLive, given.places);
    const pools = manyPools(765, 5000);
    checks.update(pools);
    await vi.advanceTimersByTimeAsync(given.settled);
    const live = [...gaps(probes)].filter(([host]) => isLive(host)).map(([, list]) => list);
    expect(live.length).toBe(153);
    expect(spread(live).first).toBeLessThanOrEqual(given.firstWithin);
    expect(spread(live).shortest).toBeGreaterThanOrEqual(4900);
    expect(spread(live).longest).toBeLessThanOrEqual(5100);
    expect(seen.most).toBeLessThanOrEqual(given.places / 2 + 4);

    // Those that are down have had their turns too, but no more often than every sixth.
    probes.length = 0;
    await vi.advanceTimersByTimeAsync(2.5 * given.seldom);
    const dead = [...gaps(probes)].filter(([host]) => !isLive(host)).map(([, list]) => list);
    expect(dead.length).toBe(612);
    expect(spread(dead).shortest).toBeGreaterThanOrEqual(30_000 - 5000);
    expect(spread(dead).longest).toBeLessThanOrEqual(given.seldom);
    expect(pools.filter(({ targets: [target] }) => target?.health.state === 'in').length).toBe(153);
    await checks.stop();
  });

  it('soon notices one that comes up, one that goes down, and a hundred that go down at once', async () => {
    const down = new Set<string>();
    const awake = (host: string): boolean => isLive(host) && !down.has(host);
    down.add('vm50');
    const { checks, probes } = subnet(awake, 381);
    const pools = manyPools(765, 5000);
    const stateOf = (nth: number) => pools[nth]?.targets[0]?.health.state;
    checks.update(pools);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(stateOf(50)).toBe('down');
    down.delete('vm50');
    down.add('vm100');
    // At worst 30 s and a wait for a place until the first check, and an interval until the second (`rise`).
    await vi.advanceTimersByTimeAsync(36_000 + 5000);
    expect([stateOf(50), stateOf(100)]).toEqual(['in', 'down']);

    for (let nth = 0; nth < 500; nth += 5) down.add(`vm${nth}`);
    probes.length = 0;
    await vi.advanceTimersByTimeAsync(5000 * 3 + 5000);
    expect(pools.filter(({ targets: [target] }) => target?.health.state === 'in').length).toBe(53);
    const rest = [...gaps(probes)].filter(([host]) => awake(host)).map(([, list]) => list.length);
    expect([rest.length, Math.min(...rest)]).toEqual([53, 4]);
    await checks.stop();
  });

  it('waits longer for what is down by steps, and no longer than 30 s or an interval', async () => {
    for (const [interval, longest] of [
      [1000, 6000],
      [10_000, 30_000],
      [60_000, 60_000],
    ] as const) {
      const { checks, probes } = checksFixture(quick, () => ({ ok: false, why: 'refused' }));
      const begun = Date.now();
      checks.update([{ ...checkedPool([{ host: 'vm' }], checkedEvery(interval)), timeout: 1000 }]);
      await vi.advanceTimersByTimeAsync(20 * longest);
      const seen = probes.map(({ at }) => at - begun);
      const waits = seen.slice(1).map((at, nth) => Math.round((at - (seen[nth] ?? 0)) / 100) * 100);
      // Three until it is down, then one, two and one by its place.
      const steps = [interval, interval, interval, Math.min(2 * interval, longest), interval];
      expect(waits.slice(0, 5)).toEqual(steps);
      expect(new Set(waits.slice(5))).toEqual(new Set([longest]));
      await checks.stop();
    }
  });
});
