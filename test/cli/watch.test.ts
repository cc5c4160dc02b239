import { expect, it } from 'vitest';
import { watch } from '../../src/cli/watch.ts';

it.each([
  ['terminal', '\u001b[2J\u001b[H'],
  ['json', ''],
] as const)('shows again on a %s until that fails', async (style, clear) => {
  let text = '';
  const write = async (written: string) => {
    text += written;
  };
  let shows = 0;
  const show = async () => {
    shows += 1;
    text += `${shows};`;
    return shows < 3 ? 0 : 1;
  };
  expect(await watch(show, { style, write }, 1)).toBe(1);
  expect(text).toBe(['1;', '2;', '3;'].map((one) => clear + one).join(''));
});
