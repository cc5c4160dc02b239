import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/base/duration.ts';

test.each([
  ['500ms', 500],
  ['5s', 5000],
  ['2m', 120_000],
  ['5d', 432_000_000],
  ['1h30m', 5_400_000],
  ['1d2h3m4s5ms', 93_784_005],
  ['0s', 0],
])('reads %s', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(['', '5', '5 s', 's', '-5s', '1.5s', '30m1h', '5s5s', '5 parsecs', '5S', '1e3s'])('refuses %j', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each(['500ms', '5s', '2m', '5d', '1h30m', '1m30s', '2m5ms', '0s'])('writes %s back as it was', (text) => {
  expect(formatDuration(parseDuration(text) ?? Number.NaN)).toBe(text);
});

test('writes the largest units it can', () => {
  expect(formatDuration(90_061_001)).toBe('1d1h1m1s1ms');
  expect(formatDuration(3_600_000)).toBe('1h');
});
