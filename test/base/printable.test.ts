import { expect, test } from 'vitest';
import { printable, printableColumns, printableLine } from '../../src/base/printable.ts';

const hostile = [
  ['ESC', '\u001b', '\\u001b'],
  ['a carriage return', '\r', '\\u000d'],
  ['DEL', '\u007f', '\\u007f'],
  ['CSI of C1', '\u009b', '\\u009b'],
  ['NEL', '\u0085', '\\u0085'],
  ['a line separator', '\u2028', '\\u2028'],
  ['a paragraph separator', '\u2029', '\\u2029'],
  ['a right-to-left override', '\u202e', '\\u202e'],
  ['a first strong isolate', '\u2068', '\\u2068'],
  ['a space of no width', '\u200b', '\\u200b'],
  ['a byte order mark', '\ufeff', '\\ufeff'],
  ['half a pair', '\ud83d', '\\ud83d'],
  ['a tag, beyond 65,535', '\u{e0041}', '\\udb40\\udc41'],
] as const;

test.each(hostile)('%s is escaped', (_, character, escapes) => {
  const text = `a${character}b`;
  expect(printable(text)).toBe(`a${escapes}b`);
  expect(printableLine(text)).toBe(`a${escapes}b`);
  expect(printableColumns(text)).toBe(`a${'?'.repeat(character.length)}b`);
});

test('JSON means the same afterwards', () => {
  const value = { [hostile.map(([, character]) => character).join()]: hostile.map(([, character]) => character) };
  const json = printable(JSON.stringify(value));
  expect(json).toMatch(/^[ -~]*$/);
  expect(JSON.parse(json)).toEqual(value);
});

test('layout stays in several lines, and in none of what is one line', () => {
  expect(printable('a\tb\nc')).toBe('a\tb\nc');
  expect(printableLine('a\tb\nc')).toBe('a\\u0009b\\u000ac');
  expect(printableColumns('a\tb')).toBe('a\tb');
});

test('words of any language, and pictures, stay', () => {
  const text = 'Gr\u00fc\u00dfe \u4f60\u597d \u05e9\u05dc\u05d5\u05dd \ud83d\udc4b';
  expect([printable(text), printableLine(text), printableColumns(text)]).toEqual([text, text, text]);
});
