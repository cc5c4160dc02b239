import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keepAliveProbes } from '../../../src/engine/splice/keep-alive-probes.ts';

it.each([
  { keepAlive: 0, idle: 1, interval: 1, count: 1 },
  { keepAlive: 1_999, idle: 1, interval: 1, count: 1 },
  { keepAlive: 3_000, idle: 2, interval: 1, count: 1 },
  { keepAlive: 10_000, idle: 5, interval: 1, count: 5 },
  { keepAlive: 60_000, idle: 30, interval: 5, count: 6 },
  { keepAlive: 120_000, idle: 60, interval: 10, count: 6 },
  { keepAlive: 7_200_000, idle: 3_600, interval: 600, count: 6 },
  { keepAlive: 1e12, idle: 32_767, interval: 32_767, count: 6 },
])('makes probes of $keepAlive ms', ({ keepAlive, ...probes }) => {
  expect(keepAliveProbes(keepAlive)).toEqual(probes);
});

it('stays within what the kernel takes, and ends in time but not long before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30_000_000 }), (keepAlive) => {
      const { idle, interval, count } = keepAliveProbes(keepAlive);
      for (const seconds of [idle, interval]) expect(seconds).toBeGreaterThanOrEqual(1);
      for (const seconds of [idle, interval]) expect(seconds).toBeLessThanOrEqual(32_767);
      expect(count).toBeGreaterThanOrEqual(1);
      expect(count).toBeLessThanOrEqual(127);
      const seconds = Math.max(2, Math.floor(keepAlive / 1000));
      expect(idle + interval * count).toBeLessThanOrEqual(seconds);
      expect(idle + interval * count).toBeGreaterThan(seconds - 6);
    }),
  );
});
