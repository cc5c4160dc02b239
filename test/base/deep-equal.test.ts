import { expect, test } from 'vitest';
import { deepEqual } from '../../src/base/deep-equal.ts';

test.each([
  [1, 1, true],
  [1, 2, false],
  [1, '1', false],
  [Number.NaN, Number.NaN, true],
  [null, undefined, false],
  [null, {}, false],
  [[], {}, false],
  [[1, [2]], [1, [2]], true],
  [[1, 2], [1, 2, 3], false],
  [{ a: 1, b: { c: [1] } }, { b: { c: [1] }, a: 1 }, true],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: 1, b: undefined }, { a: 1, c: undefined }, false],
  [{ constructor: 1 }, { a: 1 }, false],
])('%j and %j: %s', (a, b, equal) => {
  expect(deepEqual(a, b)).toBe(equal);
  expect(deepEqual(b, a)).toBe(equal);
});
