import { expect, it } from 'vitest';
import { ExhaustedTargets } from '../../src/upstream/exhausted-targets.ts';

const target = { address: '192.0.2.1', port: 80 };

it('lets an exhausted target be dialed 20 times a second, until a dial gets a port', () => {
  const exhausted = new ExhaustedTargets();
  expect(exhausted.mayDial(target, undefined, 0)).toBe(true);
  exhausted.foundNone(target, undefined, 0);
  let dialed = 0;
  for (let now = 1; now <= 1_000; now += 1) {
    if (!exhausted.mayDial(target, undefined, now)) continue;
    dialed += 1;
    exhausted.foundNone(target, undefined, now);
  }
  expect(dialed).toBe(20);
  exhausted.gotPort(target, undefined);
  expect([1, 1, 1].map((now) => exhausted.mayDial(target, undefined, now))).toEqual([true, true, true]);
  expect(exhausted.size).toBe(0);
});

it('one dial takes the turn of all, also while it is under way', () => {
  const exhausted = new ExhaustedTargets();
  exhausted.foundNone(target, undefined, 0);
  expect([50, 50, 60, 100].map((now) => exhausted.mayDial(target, undefined, now))).toEqual([true, false, false, true]);
});

it('knows targets by address, port and the address they are dialed from', () => {
  const exhausted = new ExhaustedTargets();
  exhausted.foundNone(target, '10.0.0.1', 0);
  const may = (address: string, port: number, from?: string) => exhausted.mayDial({ address, port }, from, 1);
  expect(may('192.0.2.1', 80, '10.0.0.1')).toBe(false);
  expect([
    may('192.0.2.1', 80, '10.0.0.2'),
    may('192.0.2.1', 81, '10.0.0.1'),
    may('192.0.2.2', 80, '10.0.0.1'),
  ]).toEqual([true, true, true]);
});

it('does not grow without end', () => {
  const exhausted = new ExhaustedTargets();
  for (let port = 1; port <= 10_000; port += 1) exhausted.foundNone({ address: '192.0.2.1', port }, undefined, 0);
  expect(exhausted.size).toBe(4_096);
  expect(exhausted.mayDial({ address: '192.0.2.1', port: 10_000 }, undefined, 1)).toBe(false);
});
