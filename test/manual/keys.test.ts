import { expect, it } from 'vitest';
import { type KeyRow, keyTable } from '../../src/config/key-table.ts';
import { environmentName, settings, switches } from '../../src/config/settings.ts';
import { run } from '../cli/fake-io.ts';
import { commandNames, manual, readPage } from './pages.ts';

const page = readPage('src/manual/configuration.md');
const whole = manual.map(({ text }) => text).join('\n');
const between = /(?<=<!-- keys:begin -->\n)[\s\S]*?(?=<!-- keys:end -->)/;

// Writes the table: npx vitest run --project unit test/manual/keys.test.ts -u
it('the table of keys is current', async () => {
  expect(page.text).toMatch(between);
  const current = page.text.replace(between, () => tableOf(keyTable()));
  await expect(current, 'run: npx vitest run --project unit test/manual/keys.test.ts -u').toMatchFileSnapshot(
    '../../src/manual/configuration.md',
  );
});

it('the table has a row for every flag and its variable', () => {
  const flags = keyTable().map(({ flag }) => flag);
  expect(settings.map(({ flag }) => `--${flag}`).filter((flag) => !flags.includes(flag))).toEqual([]);
});

it('the manual names every flag of every command', async () => {
  const commands = await commandNames();
  expect(commands.length).toBeGreaterThan(5);
  for (const command of commands) {
    const help = await run([command, '--help', '--all']);
    const flags = [...help.out.matchAll(/^ {2,6}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag ?? '');
    expect(flags.length, command).toBeGreaterThan(0);
    expect(
      flags.filter((flag) => !new RegExp(`${flag}(?![\\w-])`).test(whole)),
      `flags of ${command}`,
    ).toEqual([]);
  }
});

it('the manual names every variable', () => {
  const names = ['config', ...switches, ...settings.map(({ flag }) => flag)].map(environmentName);
  expect(names.filter((name) => !new RegExp(`${name}(?!\\w)`).test(whole))).toEqual([]);
});

function tableOf(rows: readonly KeyRow[]): string {
  const head = ['key', 'flag', 'variable', 'value', 'default', 'what it is'];
  const lines = rows.map((row) => [
    code(row.path),
    code(row.flag),
    code(row.variable),
    code(row.type),
    row.default,
    `${row.description}${row.scopes === 'top only' ? '' : ' (*)'}`,
  ]);
  return [head, head.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
}

function code(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `\`${text}\``;
}
