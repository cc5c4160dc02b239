import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ip } from '../../src/base/ip.ts';
import { type Balance, LeastConnections, RoundRobin } from '../../src/upstream/balance.ts';
import { BySource } from '../../src/upstream/balance-source.ts';
import { createPoolTarget, type PoolTarget } from '../../src/upstream/pool-target.ts';
import { plannedTarget } from '../helpers/planned.ts';

const targetsOf = (weights: readonly number[]): PoolTarget[] =>
  weights.map((weight, index) => createPoolTarget(plannedTarget(80, { host: `10.0.0.${index + 1}`, weight })));

const weightsUpTo = (most: number) => fc.array(fc.integer({ min: 1, max: most }), { minLength: 1, maxLength: 8 });

/** How often each target was picked. */
function countPicks(targets: readonly PoolTarget[], picks: number, pick: () => PoolTarget | undefined): number[] {
  const counts = new Map(targets.map((target) => [target, 0]));
  for (let nth = 0; nth < picks; nth += 1) {
    const picked = pick();
    if (picked !== undefined) counts.set(picked, (counts.get(picked) ?? 0) + 1);
  }
  return [...counts.values()];
}

it.each<[string, Balance]>([
  ['round robin', new RoundRobin()],
  ['least connections', new LeastConnections()],
  ['by source', new BySource([])],
])('%s picks nothing out of nothing', (_, balance) => {
  expect(balance.pick([], 1)).toBeUndefined();
});

describe('round robin', () => {
  it('spreads a heavy target between the others, as nginx does', () => {
    const targets = targetsOf([5, 1, 1]);
    const balance = new RoundRobin();
    const letters = ['a', 'b', 'c'];
    const picked = Array.from({ length: 14 }, () => balance.pick(targets));
    expect(picked.map((target) => letters[targets.findIndex(({ name }) => name === target?.name)]).join('')).toBe(
      'aabacaaaabacaa',
    );
  });

  it('gives each target exactly its weight in every full turn', () => {
    fc.assert(
      fc.property(weightsUpTo(20), (weights) => {
        const targets = targetsOf(weights);
        const balance = new RoundRobin();
        const turn = weights.reduce((sum, weight) => sum + weight, 0);
        for (let nth = 0; nth < 3; nth += 1) {
          expect(countPicks(targets, turn, () => balance.pick(targets))).toEqual(weights);
        }
      }),
    );
  });

  it('is fair again to all after some were away', () => {
    fc.assert(
      fc.property(weightsUpTo(9), fc.array(fc.nat(), { maxLength: 40 }), (weights, absences) => {
        const targets = targetsOf(weights);
        const balance = new RoundRobin();
        for (const absence of absences) balance.pick(targets.filter((_, index) => (absence >> index) % 2 === 0));
        const turn = weights.reduce((sum, weight) => sum + weight, 0);
        const counts = countPicks(targets, 100 * turn, () => balance.pick(targets));
        for (const [index, weight] of weights.entries()) {
          expect(Math.abs((counts[index] ?? 0) - 100 * weight)).toBeLessThanOrEqual(turn);
        }
      }),
    );
  });
});

describe('least connections', () => {
  it.each([
    ['the one with the fewest sessions', [1, 1, 1], [3, 1, 2], 1],
    ['the one with the fewest for its weight', [1, 4, 1], [1, 3, 1], 1],
    ['an idle one of small weight before a busy one of large', [10, 1], [1, 0], 1],
    ['the first of those that are level', [2, 1, 3], [2, 1, 3], 2],
  ])('takes %s', (_, weights, sessions, expected) => {
    const targets = targetsOf(weights);
    for (const [index, target] of targets.entries()) target.sessions = sessions[index] ?? 0;
    expect(new LeastConnections().pick(targets)).toBe(targets[expected]);
  });

  it('lets those that are level take turns by weight', () => {
    const targets = targetsOf([3, 1]);
    const balance = new LeastConnections();
    expect(countPicks(targets, 40, () => balance.pick(targets))).toEqual([30, 10]);
  });

  it('keeps sessions that stay in proportion to the weights', () => {
    fc.assert(
      fc.property(weightsUpTo(10), fc.integer({ min: 0, max: 200 }), (weights, sessions) => {
        const targets = targetsOf(weights);
        const balance = new LeastConnections();
        for (let nth = 0; nth < sessions; nth += 1) {
          const picked = balance.pick(targets);
          if (picked !== undefined) picked.sessions += 1;
        }
        const perWeight = targets.map((target) => target.sessions / target.planned.weight);
        // One more session anywhere is at most one more per weight.
        expect(Math.max(...perWeight) - Math.min(...perWeight)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('by source', () => {
  const ip: fc.Arbitrary<Ip> = fc.oneof(
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
  );

  it('sends a client to the same target, whatever the order of targets, and after a restart', () => {
    fc.assert(
      fc.property(weightsUpTo(20), ip, (weights, source) => {
        const targets = targetsOf(weights);
        const again = targetsOf(weights).reverse();
        const picked = new BySource(targets).pick(targets, source);
        expect(new BySource(again).pick(again, source)?.name).toBe(picked?.name);
      }),
    );
  });

  it('moves only the clients of a target that goes away', () => {
    fc.assert(
      fc.property(weightsUpTo(20), ip, fc.nat({ max: 7 }), (weights, source, away) => {
        const targets = targetsOf(weights);
        const balance = new BySource(targets);
        const before = balance.pick(targets, source);
        const removed = targets[away % targets.length];
        const after = balance.pick(
          targets.filter((target) => target !== removed),
          source,
        );
        if (before !== removed) expect(after).toBe(before);
        else expect(after).not.toBe(before);
      }),
    );
  });

  // Neighbours, as the clients of a network are: the hash must not mind.
  it.each<[string, (nth: number) => Ip]>([
    ['IPv4', (nth) => 0x0a00_0000 + nth],
    ['IPv4 networks', (nth) => (nth << 12) >>> 0],
    ['IPv6', (nth) => (0x2001_0db8n << 96n) + BigInt(nth)],
    ['IPv6 networks', (nth) => (0x2001_0db8n << 96n) + (BigInt(nth) << 64n) + 1n],
  ])('spreads neighbours in %s by weight', (_, ipOf) => {
    const weights = [1, 2, 3, 4, 10];
    const targets = targetsOf(weights);
    const balance = new BySource(targets);
    let nth = 0;
    const counts = countPicks(targets, 20_000, () => balance.pick(targets, ipOf(nth++)));
    // Four standard deviations of a share of 20,000 are below 290.
    for (const [index, weight] of weights.entries()) {
      expect(Math.abs((counts[index] ?? 0) - weight * 1000)).toBeLessThan(300);
    }
  });

  it('spreads the clients of a target that goes away over all others', () => {
    const targets = targetsOf([1, 1, 1, 1]);
    const balance = new BySource(targets);
    const [removed, ...others] = targets;
    const moved = Array.from({ length: 8000 }, (_, nth) => 0xc0a8_0000 + nth).filter(
      (source) => balance.pick(targets, source) === removed,
    );
    let nth = 0;
    const counts = countPicks(others, moved.length, () => balance.pick(others, moved[nth++]));
    for (const count of counts) expect(count).toBeGreaterThan(moved.length / 4);
  });
});
