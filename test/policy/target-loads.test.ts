import { expect, it } from 'vitest';
import { TargetLoads } from '../../src/policy/target-loads.ts';

it('has room until a host has all its sessions, and other hosts keep theirs', () => {
  const loads = new TargetLoads(2);
  loads.enter('10.0.0.5');
  expect(loads.hasRoom('10.0.0.5')).toBe(true);
  loads.enter('10.0.0.5');
  expect([loads.hasRoom('10.0.0.5'), loads.hasRoom('10.0.0.6')]).toEqual([false, true]);
  loads.leave('10.0.0.5');
  expect(loads.hasRoom('10.0.0.5')).toBe(true);
});

it('gives its memory back', () => {
  const loads = new TargetLoads(5);
  for (let host = 0; host < 100; host += 1) loads.enter(`10.0.0.${host}`);
  loads.enter('10.0.0.7');
  expect(loads.size).toBe(100);
  for (let host = 0; host < 100; host += 1) loads.leave(`10.0.0.${host}`);
  expect(loads.size).toBe(1);
  loads.leave('10.0.0.7');
  expect(loads.size).toBe(0);
});

it('without a limit has room for all, and keeps nothing', () => {
  const loads = new TargetLoads(undefined);
  for (let session = 0; session < 1000; session += 1) loads.enter('10.0.0.5');
  expect([loads.hasRoom('10.0.0.5'), loads.size]).toEqual([true, 0]);
  loads.leave('10.0.0.5');
  expect(loads.hasRoom('10.0.0.5')).toBe(true);
});

it('counts from the time on at which there is a limit, and nothing once it is gone', () => {
  const loads = new TargetLoads(undefined);
  expect(loads.update(2)).toBe('uncounted');
  loads.enter('10.0.0.5');
  loads.enter('10.0.0.5');
  expect([loads.update(3), loads.hasRoom('10.0.0.5')]).toEqual(['counted', true]);
  expect([loads.update(undefined), loads.size]).toEqual(['counted', 0]);
  loads.leave('10.0.0.5');
  expect([loads.update(1), loads.hasRoom('10.0.0.5')]).toEqual(['uncounted', true]);
});
