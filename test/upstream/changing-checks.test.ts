import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ProbeOutcome } from '../../src/upstream/health-checks.ts';
import { checkedEvery, checkedPool, checksFixture, manyPools, quick } from './checks-fixture.ts';
import { plannedPool } from './pools.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

const fine = (): ProbeOutcome => ({ ok: true });
const refused = (): ProbeOutcome => ({ ok: false, why: 'refused' });

type Probes = ReturnType<typeof checksFixture>['probes'];
const timesOf = (probes: Probes, host: string): number[] =>
  probes.filter((probe) => probe.host === host).map(({ at }) => at);

it('keeps the turns of targets that stay, and gives new ones turns between them', async () => {
  const { checks, probes, seen } = checksFixture(quick, fine);
  const kept = manyPools(10, 5000);
  checks.update(kept);
  await vi.advanceTimersByTimeAsync(7_000);
  probes.length = 0;
  checks.update([...kept, ...manyPools(100, 5000, 'new')]);
  await vi.advanceTimersByTimeAsync(9_998);
  // 500 ms between them, from 0 on.
  expect(timesOf(probes, 'vm0')).toEqual([10_000, 15_000]);
  expect(timesOf(probes, 'vm9')).toEqual([9_500, 14_500]);
  expect(timesOf(probes, 'new1')).toEqual([7_050, 12_050]);
  expect(timesOf(probes, 'new99')).toEqual([11_950, 16_950]);
  expect(seen.most).toBeLessThanOrEqual(3);
  await checks.stop();
});

it('makes no burst, however often and whatever plan comes', async () => {
  const { checks, probes } = checksFixture(quick, fine);
  const pools = manyPools(200, 5000);
  for (let nth = 0; nth < 50; nth += 1) {
    checks.update(nth % 3 === 2 ? pools.slice(100) : pools);
    await vi.advanceTimersByTimeAsync(100);
  }
  const most = Math.max(...pools.map((_, index) => timesOf(probes, `vm${index}`).length));
  // Those of the first half are new with every third plan.
  expect(most).toBeLessThanOrEqual(17);
  expect(timesOf(probes, 'vm199').length).toBe(1);
  await checks.stop();
});

it('has no checks of targets and pools that are gone, and does not report a probe under way', async () => {
  const { checks, probes, underWay } = checksFixture(() => 1000, refused);
  const [gone, kept] = [
    checkedPool([{ host: 'gone' }], { ...checkedEvery(5000), name: 'gone' }),
    checkedPool([{ host: 'a' }, { host: 'b' }], checkedEvery(5000)),
  ];
  checks.update([gone, kept]);
  await vi.advanceTimersByTimeAsync(10);
  expect(underWay).toEqual(['gone']);
  kept.pool.update(plannedPool([{ host: 'b' }], checkedEvery(5000)));
  checks.update([kept]);
  await vi.advanceTimersByTimeAsync(10);
  expect(underWay).toEqual([]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(new Set(probes.map(({ host }) => host))).toEqual(new Set(['gone', 'b']));
  expect(timesOf(probes, 'gone')).toEqual([1]);
  expect(gone.events).toEqual([]);
  checks.update([]);
  await vi.advanceTimersByTimeAsync(10);
  expect([underWay, vi.getTimerCount()]).toEqual([[], 0]);
  await checks.stop();
});

it('drops those that wait for a place when their target goes, and the place is for others', async () => {
  const { checks, probes, underWay } = checksFixture(() => 5000, fine, { mostAtOnce: 2 });
  const pools = manyPools(10, 5000);
  checks.update(pools);
  await vi.advanceTimersByTimeAsync(2_000);
  // Half of the places are for targets that have not answered yet.
  expect(underWay).toEqual(['vm0']);
  checks.update(pools.slice(3));
  await vi.advanceTimersByTimeAsync(10);
  expect(underWay).toEqual(['vm3']);
  expect(probes.map(({ host }) => host)).toEqual(['vm0', 'vm3']);
  await checks.stop();
});

it('takes another interval, time-out and number of places', async () => {
  const { checks, probes, underWay } = checksFixture(() => 400, fine, { mostAtOnce: 2 });
  const pools = manyPools(10, 3_600_000);
  checks.update(pools);
  await vi.advanceTimersByTimeAsync(1_000);
  probes.length = 0;
  for (const [index, { pool }] of pools.entries())
    pool.update(plannedPool([{ host: `vm${index}` }], checkedEvery(1000)));
  checks.update(
    pools.map((pool) => ({ ...pool, timeout: 700 })),
    20,
  );
  await vi.advanceTimersByTimeAsync(1_000);
  expect(new Set(probes.map(({ host }) => host)).size).toBe(10);
  expect(new Set(probes.map(({ timeout }) => timeout))).toEqual(new Set([700]));
  await vi.advanceTimersByTimeAsync(1_000);
  // 10 targets a second, each for 400 ms.
  expect(underWay.length).toBeGreaterThanOrEqual(4);
  expect(timesOf(probes, 'vm5').length).toBe(2);
  await checks.stop();
  checks.update(pools);
  expect(vi.getTimerCount()).toBe(0);
});

it('keeps what is known of a target: one that is down is checked as seldom as before', async () => {
  const { checks, probes } = checksFixture(quick, refused);
  const checked = checkedPool([{ host: 'vm' }], checkedEvery(1000));
  checks.update([checked]);
  await vi.advanceTimersByTimeAsync(60_000);
  probes.length = 0;
  for (let second = 0; second < 60; second += 1) {
    checks.update([checked]);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(probes.length).toBe(10);
  expect(checked.events.map(({ kind }) => kind)).toEqual(['target out', 'pool empty']);
  await checks.stop();
});
