import { expect, it } from 'vitest';
import { coloursOf } from '../../src/cli/colours.ts';

it.each([
  ['a terminal has colours', 'terminal', {}, 'colours'],
  ['a pipe has none', 'none', {}, 'plain'],
  ['NO_COLOR ends them', 'terminal', { NO_COLOR: '1' }, 'plain'],
  ['NO_COLOR that is empty does not', 'terminal', { NO_COLOR: '' }, 'colours'],
  ['a dumb terminal has none', 'terminal', { TERM: 'dumb' }, 'plain'],
  ['FORCE_COLOR wins over both', 'none', { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, 'colours'],
  ['FORCE_COLOR=0 ends them', 'terminal', { FORCE_COLOR: '0' }, 'plain'],
] as const)('%s', (_, terminal, environment, colours) => {
  expect(coloursOf(terminal, environment)).toBe(colours);
});
