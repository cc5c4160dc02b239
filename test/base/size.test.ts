import { expect, test } from 'vitest';
import { formatSize, parseSize } from '../../src/base/size.ts';

test.each([
  ['1KiB', 1024],
  ['256MiB', 268_435_456],
  ['2GiB', 2_147_483_648],
  ['1TiB', 1_099_511_627_776],
  ['0MiB', 0],
])('reads %s', (text, bytes) => expect(parseSize(text)).toBe(bytes));

test.each(['', '256', '256MB', '256M', '1.5GiB', '-1MiB', ' 1MiB', '1MiB ', '1mib', '1e3MiB', 'MiB', '1234567890MiB'])(
  'does not read %j',
  (text) => expect(parseSize(text)).toBeUndefined(),
);

test.each([
  [268_435_456, '256 MiB'],
  [24_684_092 * 1024, '23.5 GiB'],
  [1024, '1 KiB'],
  [512, '0.5 KiB'],
  [0, '0 KiB'],
])('writes %i', (bytes, text) => expect(formatSize(bytes)).toBe(text));
