import { expect, it } from 'vitest';
import { type Column, table } from '../../src/cli/table.ts';

const columns: readonly Column[] = [
  { title: 'id', align: 'right' },
  { title: 'name', least: 9 },
  { title: 'state', leaveOut: 1 },
  { title: 'host', align: 'right', leaveOut: 2 },
];
const rows = [
  ['7', 'a-very-long-name-here', 'relaying', '16'],
  ['4711', 'b', 'dialing', '254'],
];

it('is as wide as its cells', () => {
  expect(table(columns, rows)).toEqual([
    '  id  name                   state     host',
    '   7  a-very-long-name-here  relaying    16',
    '4711  b                      dialing    254',
  ]);
});

it('shortens long texts in the middle where there is no room', () => {
  expect(table(columns, rows, 36)).toEqual([
    '  id  name            state     host',
    '   7  a-very...-here  relaying    16',
    '4711  b               dialing    254',
  ]);
});

it('leaves out the columns that matter least, then', () => {
  expect(table(columns, rows, 30)[1]).toBe('   7  a-very...-here  relaying');
  expect(table(columns, rows, 20)[1]).toBe('   7  a-very...-here');
  expect(table(columns, rows, 2)[1]).toBe('   7  a-v...ere');
});

it('has only titles without rows, and escapes what a terminal obeys', () => {
  expect(table(columns, [])).toEqual(['id  name  state  host']);
  expect(table([{ title: 'name' }], [['\u001b[2J\n']])).toEqual(['name', '\\u001b[2J\\u000a']);
});
