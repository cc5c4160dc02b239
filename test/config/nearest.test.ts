import { expect, test } from 'vitest';
import { nearest } from '../../src/config/nearest.ts';

test('nearest knows slips from other words', () => {
  const known = ['subnet', 'hosts', 'skip', 'services'];
  expect(nearest('Subnet', known)).toBe('subnet');
  expect(nearest('service', known)).toBe('services');
  expect(nearest('host', known)).toBe('hosts');
  expect(nearest('password', known)).toBeUndefined();
});
