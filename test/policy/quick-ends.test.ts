import { expect, it } from 'vitest';
import { QuickEnds } from '../../src/policy/quick-ends.ts';

const [router, other, loopback] = [0xc0a8_4d01, 0xc0a8_4d02, 0x7f00_0001];

/** So many sessions of `client` that lasted `age` milliseconds end at `now`; how many before there were too many. */
function end(ends: QuickEnds, client: number, count: number, now: number, age = 5): number {
  let before = 0;
  for (let one = 0; one < count; one += 1) {
    if (!ends.areTooMany(client, now)) before += 1;
    ends.ended(client, age, now);
  }
  return before;
}

it('lets an address have so many a second, and denies it for a moment only then', () => {
  const ends = new QuickEnds(64);
  expect(end(ends, router, 500, 0)).toBe(64);
  expect(ends.areTooMany(router, 15)).toBe(true);
  expect(ends.areTooMany(router, 16)).toBe(false);
  expect(end(ends, router, 500, 10_000)).toBe(64);
});

it('counts each address by itself', () => {
  const ends = new QuickEnds(64);
  end(ends, router, 500, 0);
  expect(ends.areTooMany(other, 0)).toBe(false);
});

it.each([
  ['sessions that lasted', new QuickEnds(64), router, 1_001],
  ['clients on loopback', new QuickEnds(64), loopback, 5],
  ['anything where loops are unlimited', new QuickEnds(undefined), router, 5],
] as const)('does not count %s', (_, ends, client, age) => {
  expect(end(ends, client, 500, 0, age)).toBe(500);
});

it('counts to another limit from then on', () => {
  const ends = new QuickEnds(undefined);
  ends.update(64);
  expect(end(ends, router, 500, 0)).toBe(64);
  ends.update(64);
  expect(ends.areTooMany(router, 0)).toBe(true);
  ends.update(2);
  expect(end(ends, router, 500, 0)).toBe(2);
  ends.update(undefined);
  expect(end(ends, router, 500, 0)).toBe(500);
});
