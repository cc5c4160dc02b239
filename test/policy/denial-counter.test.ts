import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { closeReasonOf, type Denial } from '../../src/policy/denial.ts';
import { DenialCounter } from '../../src/policy/denial-counter.ts';

test.each<[Denial, string]>([
  ['address', 'denied'],
  ['source sessions', 'limit'],
  ['source rate', 'limit'],
  ['service sessions', 'limit'],
  ['target sessions', 'limit'],
])('%s ends a session as %s', (denial, reason) => {
  expect(closeReasonOf(denial)).toBe(reason);
});

it('counts by rules and denial, for ever', () => {
  const counter = new DenialCounter();
  counter.count('service ssh', 'address', 0);
  counter.count('service ssh', 'source rate', 1);
  counter.count('forward 8080', 'address', 2);
  counter.count('service ssh', 'address', 1_000_000);
  counter.due(Number.POSITIVE_INFINITY);
  expect(counter.counts()).toEqual([
    { rules: 'service ssh', denial: 'address', clients: 2 },
    { rules: 'service ssh', denial: 'source rate', clients: 1 },
    { rules: 'forward 8080', denial: 'address', clients: 1 },
  ]);
});

describe('a line', () => {
  it('comes at once, then every 20 s with all those left unsaid', () => {
    const counter = new DenialCounter();
    const reported = [0, 1, 19_999, 20_000, 20_001, 90_000].map((now) => counter.count('service ssh', 'address', now));
    expect(reported).toEqual([1, 0, 0, 3, 0, 2]);
  });

  it('is due for each denial by itself, and one for all rules', () => {
    const counter = new DenialCounter();
    expect(counter.count('service ssh', 'address', 0)).toBe(1);
    expect(counter.count('service ssh', 'source rate', 1)).toBe(1);
    expect(counter.count('service http', 'address', 2)).toBe(0);
    expect(counter.count('service ssh', 'address', 20_000)).toBe(2);
  });

  it('are due later, once things have calmed down', () => {
    const counter = new DenialCounter();
    for (const now of [0, 1, 2]) counter.count('service ssh', 'address', now);
    expect(counter.due(19_999)).toEqual([]);
    expect(counter.due(20_000)).toEqual([{ denial: 'address', clients: 2 }]);
    expect(counter.due(60_000)).toEqual([]);
    expect(counter.count('service ssh', 'address', 30_000)).toBe(0);
  });

  it('are due at the end, whatever the time', () => {
    const counter = new DenialCounter();
    for (const now of [0, 1, 2]) counter.count('service ssh', 'address', now);
    expect(counter.due(Number.POSITIVE_INFINITY)).toEqual([{ denial: 'address', clients: 2 }]);
    expect(counter.due(Number.POSITIVE_INFINITY)).toEqual([]);
  });

  it('counts every client in one line, at most one line in 20 s', () => {
    const pauses = fc.array(fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 30_000 })), { maxLength: 100 });
    fc.assert(
      fc.property(pauses, (all) => {
        const counter = new DenialCounter();
        const lines: { now: number; clients: number }[] = [];
        let now = 0;
        for (const pause of all) {
          now += pause;
          const clients = counter.count('service ssh', 'source rate', now);
          if (clients > 0) lines.push({ now, clients });
        }
        const rest = counter.due(Number.POSITIVE_INFINITY);
        const reported = [...lines, ...rest].reduce((sum, { clients }) => sum + clients, 0);
        expect(reported).toBe(all.length);
        lines.reduce(
          (before, line) => {
            expect(line.now - before.now).toBeGreaterThanOrEqual(20_000);
            return line;
          },
          { now: Number.NEGATIVE_INFINITY },
        );
      }),
    );
  });
});
