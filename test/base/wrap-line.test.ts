import { expect, it } from 'vitest';
import { wrapLine } from '../../src/base/wrap-line.ts';

it.each([
  ['breaks at the last space that fits', 'one two three', 7, ['one two', 'three']],
  ['fills the width to its last column', 'one two', 7, ['one two']],
  ['leaves a longer word whole', 'a 12345678 b', 4, ['a', '12345678', 'b']],
  ['keeps the spaces of columns, but none at a break', '  ssh    30016  22', 14, ['  ssh    30016', '22']],
  ['makes one part of nothing', '', 10, ['']],
])('%s', (_, line, width, parts) => {
  expect(wrapLine(line, width)).toEqual(parts);
});

it('begins each further part with the hang, which counts', () => {
  expect(wrapLine('access  one two three four', 12, '        ')).toEqual([
    'access  one',
    '        two',
    '        three',
    '        four',
  ]);
});

it('counts no column for a colour, and one for a character beyond the basic plane', () => {
  expect(wrapLine('\u001b[33mwarn:\u001b[39m full', 10)).toEqual(['\u001b[33mwarn:\u001b[39m full']);
  expect(wrapLine('😀😀 😀😀', 5)).toEqual(['😀😀 😀😀']);
});
