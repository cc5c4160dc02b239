import { expect, it } from 'vitest';
import { localTime } from '../../src/base/instant.ts';
import { ageText, bytesText, rateText } from '../../src/cli/human-units.ts';

it.each([
  [0, '0s'],
  [999, '0s'],
  [59_999, '59s'],
  [312_000, '5m12s'],
  [5_400_000, '1h30m'],
  [187_245_000, '2d4h'],
] as const)('%i ms are %s', (milliseconds, text) => expect(ageText(milliseconds)).toBe(text));

it('shows bytes and rates in units for people', () => {
  expect([0, 81, 1024, 24_641_536].map(bytesText)).toEqual(['0 B', '81 B', '1 KiB', '23.5 MiB']);
  expect([0, 0.04, 2.25, 14.4].map(rateText)).toEqual(['0', '<0.1', '2.3', '14']);
});

it('shows an instant in the time of this machine', () => {
  expect(localTime(new Date(2026, 2, 4, 5, 6, 7).toISOString())).toBe('2026-03-04 05:06:07');
});
