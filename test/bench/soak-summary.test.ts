import { expect, it } from 'vitest';
import type { SoakResult } from '../../bench/soak/run.ts';
import { soakSummary } from '../../bench/soak/summary.ts';

/** A run of so many seconds with two samples a second; memory grows by 1 MiB a second from 100 MiB on. */
function soaked(seconds: number): SoakResult {
  const samples = Array.from({ length: 2 * seconds + 4 }, (_, index) => {
    const at = (index + 1) / 2;
    return { at, rss: (100 + at) * 2 ** 20, sessions: index % 3, roundTrip: index === 10 ? 70 : 2, direct: 1 };
  });
  return {
    engineUsed: 'splice',
    seed: 7,
    seconds,
    sessions: { burst: { sessions: 3, bytes: 30 } },
    faults: ['burst', 'stop', 'burst'].map((name, at) => ({ name, at, seed: 1 })) as unknown as SoakResult['faults'],
    samples,
    memory: { second: 1, last: 2, slope: 3 },
    idleCpu: 0,
    correctness: [],
  };
}

it('keeps a line a minute, the count of each fault, and nothing of every sample', () => {
  const summary = soakSummary(soaked(600));
  expect(summary).not.toHaveProperty('samples');
  expect(summary).toMatchObject({ seed: 7, faults: { burst: 2, stop: 1 }, memory: { slope: 3 } });
  expect(summary.spans.map(({ from, to }) => [from, to])).toEqual(
    Array.from({ length: 10 }, (_, minute) => [60 * minute, 60 * (minute + 1)]),
  );
  expect(summary.spans[0]).toEqual({
    from: 0,
    to: 60,
    rss: { median: 130, max: 159.5 },
    sessions: 1,
    roundTrip: { median: 2, max: 70 },
    direct: { median: 1, max: 1 },
  });
});

it('counts what comes after traffic to the last span', () => {
  expect(soakSummary(soaked(90)).spans.map(({ from, to, rss }) => [from, to, rss.max])).toEqual([
    [0, 60, 159.5],
    [60, 90, 192],
  ]);
});

it('has 20 spans at most, whatever the length', () => {
  const summary = soakSummary(soaked(5_000));
  expect(summary.spans).toHaveLength(17);
  expect(summary.spans[0]?.to).toBe(300);
});
