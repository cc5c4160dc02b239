import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { renderManual } from '../../src/cli/render-manual.ts';
import { manual } from '../manual/pages.ts';

const plain = (page: string, width = 40) => renderManual(page, { width, colours: 'plain' });

it('wraps paragraphs at words, joins their lines, and leaves out marks and comments', () => {
  const page = [
    '# A title',
    '<!-- nobody reads this -->',
    'Some `code` and **bold**',
    'words, a [page](pools.md) and',
    '[more](../../x.md).',
    '',
  ].join('\n');
  expect(plain(page, 30)).toBe(
    ['A title', '', 'Some code and bold words, a', 'page (floatgate help pools)', 'and more (x.md).', ''].join('\n'),
  );
});

it('hangs lists, and leaves a blank line around them alone', () => {
  expect(plain('Text:\n\n- one item that is too long\n- two\n  goes on\n  - below\n\n1. first\n\nEnd.\n', 16)).toBe(
    ['Text:', '', '- one item that', '  is too long', '- two goes on', '  - below', '1. first', '', 'End.', ''].join(
      '\n',
    ),
  );
});

it('indents code, and touches nothing in it', () => {
  const code = 'a:   `b`  # a line that is much longer than the terminal is wide';
  expect(plain(`\`\`\`yaml\n${code}\n\n  | x |\n\`\`\`\n`)).toBe(`    ${code}\n\n      | x |\n`);
});

const table = '| key | means |\n|---|---|\n| `a` | one \\| two |\n| longer | some words that are to be wrapped |\n';

it('aligns tables', () => {
  expect(plain(table, 80)).toBe(
    [
      'key     means',
      '------  ---------------------------------',
      'a       one | two',
      'longer  some words that are to be wrapped',
      '',
    ].join('\n'),
  );
});

it('wraps cells where the terminal is narrow', () => {
  expect(plain(table, 24)).toBe(
    [
      'key     means',
      '------  ----------------',
      'a       one | two',
      'longer  some words that',
      '        are to be',
      '        wrapped',
      '',
    ].join('\n'),
  );
});

it('shows one record below the other where not even the words fit', () => {
  const wide =
    '| name | flag | what |\n|---|---|---|\n| limits.perSource.rate | --per-source-rate | new ones |\n| b | | old |\n';
  expect(plain(wide, 40)).toBe(
    ['limits.perSource.rate', '  flag  --per-source-rate', '  what  new ones', '', 'b', '  what  old', ''].join('\n'),
  );
});

it('makes titles bold and underlined without gaps, code and heads of tables stand out', () => {
  const page = '# The title\n\n## Part two\n\nSome `two words` here.\n';
  expect(renderManual(page, { width: 40, colours: 'colours' })).toBe(
    [
      '\u001b[1m\u001b[4mThe title\u001b[24m\u001b[22m',
      '',
      '\u001b[1mPart two\u001b[22m',
      '',
      'Some \u001b[36mtwo words\u001b[39m here.',
      '',
    ].join('\n'),
  );
});

it.each(manual)('$path fits 80 columns but for its code, and colours change no letter', ({ text }) => {
  const lines = plain(text, 80).split('\n');
  expect(lines.filter((line) => line.length > 80 && !line.startsWith('    ') && line.includes(' '))).toEqual([]);
  expect(stripVTControlCharacters(renderManual(text, { width: 80, colours: 'colours' }))).toBe(plain(text, 80));
});
